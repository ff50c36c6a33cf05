-- How far each process has told both of its signals, so that nothing younger is judged.
-- AlterTable
ALTER TABLE "process_boot" ADD COLUMN "calls_in" BIGINT NOT NULL DEFAULT 0,
ADD COLUMN "closed" BOOLEAN NOT NULL DEFAULT false,
ADD COLUMN "complete_until" TIMESTAMPTZ(3),
ADD COLUMN "heard_at" TIMESTAMPTZ(3),
ADD COLUMN "rollups_in" BIGINT NOT NULL DEFAULT 0,
ADD COLUMN "waited_for_since" TIMESTAMPTZ(3);
