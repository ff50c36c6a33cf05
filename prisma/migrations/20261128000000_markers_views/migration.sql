-- AlterTable
ALTER TABLE "process_boot" ADD COLUMN "version" TEXT;

-- CreateTable
CREATE TABLE "marker" (
    "at" TIMESTAMPTZ(3) NOT NULL,
    "text" TEXT NOT NULL,
    "kind" TEXT NOT NULL,

    CONSTRAINT "marker_pkey" PRIMARY KEY ("at","text")
);

-- CreateTable
CREATE TABLE "saved_view" (
    "name" TEXT NOT NULL,
    "href" TEXT NOT NULL,
    "saved_at" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "saved_view_pkey" PRIMARY KEY ("name")
);
