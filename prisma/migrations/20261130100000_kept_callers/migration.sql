-- What stands out among one caller's requests is kept as well: the empty name stands for everyone's.
-- AlterTable
ALTER TABLE "detection_day" ADD COLUMN "principals" TEXT[] NOT NULL DEFAULT ARRAY[]::TEXT[],
  ADD COLUMN "more_principals" BOOLEAN NOT NULL DEFAULT false;

-- AlterTable
ALTER TABLE "detected_spike" ADD COLUMN "principal" TEXT NOT NULL DEFAULT '';

-- AlterTable
ALTER TABLE "detected_series" ADD COLUMN "principal" TEXT NOT NULL DEFAULT '';
ALTER TABLE "detected_series" DROP CONSTRAINT "detected_series_pkey";
ALTER TABLE "detected_series" ADD CONSTRAINT "detected_series_pkey" PRIMARY KEY ("key","principal","day");
