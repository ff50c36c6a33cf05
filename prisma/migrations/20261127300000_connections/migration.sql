-- Who asked for a source, where it is read, and what its last reading found. Account was never written.
-- AlterTable
ALTER TABLE "audit_source" DROP COLUMN "account",
ADD COLUMN "events" BIGINT NOT NULL DEFAULT 0,
ADD COLUMN "gaps" JSONB NOT NULL DEFAULT '[]',
ADD COLUMN "origin" TEXT NOT NULL DEFAULT 'environment',
ADD COLUMN "paused" BOOLEAN NOT NULL DEFAULT false,
ADD COLUMN "place" JSONB,
ADD COLUMN "reading" JSONB;
UPDATE "audit_source" SET "origin" = 'file' WHERE "kind" = 'file';
