-- Days are packed with their totals besides. Those without lie in first_tally_day until the program has carried them over.
-- AlterTable
ALTER TABLE "tally_day" RENAME TO "first_tally_day";
ALTER TABLE "first_tally_day" RENAME CONSTRAINT "tally_day_pkey" TO "first_tally_day_pkey";

-- CreateTable
CREATE TABLE "tally_day" (
    "key" INTEGER NOT NULL,
    "cut" SMALLINT NOT NULL,
    "who" INTEGER NOT NULL,
    "day" INTEGER NOT NULL,
    "totals" BYTEA NOT NULL,
    "hours" BYTEA NOT NULL,
    "minutes" BYTEA NOT NULL,

    CONSTRAINT "tally_day_pkey" PRIMARY KEY ("key","cut","who","day")
);
