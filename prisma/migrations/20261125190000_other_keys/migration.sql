-- Further keys of one request: ReEncrypt uses two.
-- AlterTable
ALTER TABLE "audit_event" ADD COLUMN "other_keys" TEXT[];
