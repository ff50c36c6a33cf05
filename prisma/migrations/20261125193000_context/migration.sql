-- What the log alone is explained by: the encryption context, and which service asked.
-- AlterTable
ALTER TABLE "audit_event" ADD COLUMN "context" JSONB,
ADD COLUMN "invoked_by" TEXT;
