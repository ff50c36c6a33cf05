-- The highest number of each boot's calls that retention has dropped: what follows it is no gap.
-- AlterTable
ALTER TABLE "process_boot" ADD COLUMN "dropped_seq" BIGINT;
