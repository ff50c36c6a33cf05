-- Written by Prisma from prisma/schema.prisma, then "PARTITION BY RANGE" added by hand where the schema says "by month".
-- No default partition: lib/store/ensure-partitions.ts makes each month before rows of it arrive.
-- Prisma splits this script at every semicolon, so none may stand in a comment or a string.

-- CreateTable
CREATE TABLE "kms_call" (
    "at" TIMESTAMPTZ(3) NOT NULL,
    "process" TEXT NOT NULL,
    "boot" TEXT NOT NULL,
    "seq" BIGINT NOT NULL,
    "workspace" TEXT NOT NULL,
    "key" TEXT NOT NULL,
    "operation" TEXT NOT NULL,
    "path" TEXT NOT NULL,
    "cause" TEXT NOT NULL,
    "dek" TEXT NOT NULL,
    "dek_age_ms" BIGINT,
    "edek_fingerprint" TEXT,
    "generation" INTEGER NOT NULL,
    "parent_seq" BIGINT,
    "root_seq" BIGINT,
    "idle_ms" BIGINT,
    "forgotten" BOOLEAN NOT NULL DEFAULT false,
    "coalesced" INTEGER NOT NULL,
    "tag" TEXT,
    "lease_ends_at" TIMESTAMPTZ(3),
    "ended_at" TIMESTAMPTZ(3) NOT NULL,
    "outcome" TEXT NOT NULL,
    "attempts" INTEGER NOT NULL,
    "trace_id" TEXT NOT NULL,
    "span_id" TEXT NOT NULL,

    CONSTRAINT "kms_call_pkey" PRIMARY KEY ("process","boot","seq","at")
) PARTITION BY RANGE ("at");

-- CreateTable
CREATE TABLE "kms_attempt" (
    "at" TIMESTAMPTZ(3) NOT NULL,
    "process" TEXT NOT NULL,
    "boot" TEXT NOT NULL,
    "seq" BIGINT NOT NULL,
    "attempt" INTEGER NOT NULL,
    "workspace" TEXT NOT NULL,
    "key" TEXT NOT NULL,
    "operation" TEXT NOT NULL,
    "cause" TEXT NOT NULL,
    "sent" BOOLEAN NOT NULL,
    "sent_at" TIMESTAMPTZ(3) NOT NULL,
    "duration_ms" DOUBLE PRECISION NOT NULL,
    "request_id" TEXT,
    "status" INTEGER,
    "outcome" TEXT NOT NULL,
    "error_code" TEXT,
    "span_id" TEXT NOT NULL,
    "event_id" TEXT,
    "event_at" TIMESTAMPTZ(3),
    "join_method" TEXT,

    CONSTRAINT "kms_attempt_pkey" PRIMARY KEY ("process","boot","seq","attempt","at")
) PARTITION BY RANGE ("at");

-- CreateTable
CREATE TABLE "operation_count" (
    "at" TIMESTAMPTZ(3) NOT NULL,
    "process" TEXT NOT NULL,
    "boot" TEXT NOT NULL,
    "seq" BIGINT NOT NULL,
    "workspace" TEXT NOT NULL,
    "key" TEXT NOT NULL,
    "scope" TEXT NOT NULL,
    "path" TEXT NOT NULL,
    "outcome" TEXT NOT NULL,
    "n" BIGINT NOT NULL,

    CONSTRAINT "operation_count_pkey" PRIMARY KEY ("process","boot","seq","workspace","key","scope","path","outcome","at")
) PARTITION BY RANGE ("at");

-- CreateTable
CREATE TABLE "dek_activity" (
    "at" TIMESTAMPTZ(3) NOT NULL,
    "process" TEXT NOT NULL,
    "boot" TEXT NOT NULL,
    "seq" BIGINT NOT NULL,
    "workspace" TEXT NOT NULL,
    "dek" TEXT NOT NULL,
    "uses" BIGINT NOT NULL,
    "bytes" BIGINT NOT NULL,

    CONSTRAINT "dek_activity_pkey" PRIMARY KEY ("process","boot","seq","dek","at")
) PARTITION BY RANGE ("at");

-- CreateTable
CREATE TABLE "audit_event" (
    "at" TIMESTAMPTZ(3) NOT NULL,
    "event_id" TEXT NOT NULL,
    "provider" TEXT NOT NULL,
    "source" TEXT NOT NULL,
    "key" TEXT,
    "operation" TEXT NOT NULL,
    "principal" TEXT NOT NULL,
    "principal_name" TEXT NOT NULL,
    "session" TEXT,
    "account" TEXT,
    "recipient_account" TEXT,
    "request_id" TEXT,
    "shared_event_id" TEXT,
    "claim_process" TEXT,
    "claim_boot" TEXT,
    "claim_seq" BIGINT,
    "claim_attempt" INTEGER,
    "claim_cause" TEXT,
    "claim_span" TEXT,
    "error_code" TEXT,
    "source_ip" TEXT,
    "user_agent" TEXT,
    "workspace" TEXT,
    "dek" TEXT,
    "seen_at" TIMESTAMPTZ(3),
    "raw" TEXT NOT NULL,
    "state" TEXT NOT NULL DEFAULT 'unmatched',
    "attempt_process" TEXT,
    "attempt_boot" TEXT,
    "attempt_seq" BIGINT,
    "attempt_no" INTEGER,
    "attempt_at" TIMESTAMPTZ(3),

    CONSTRAINT "audit_event_pkey" PRIMARY KEY ("event_id","at")
) PARTITION BY RANGE ("at");

-- CreateTable
CREATE TABLE "rollup_minute" (
    "minute" TIMESTAMPTZ(3) NOT NULL,
    "measure" TEXT NOT NULL,
    "key" TEXT NOT NULL,
    "workspace" TEXT NOT NULL,
    "process" TEXT NOT NULL,
    "operation" TEXT NOT NULL,
    "label" TEXT NOT NULL,
    "n" BIGINT NOT NULL,

    CONSTRAINT "rollup_minute_pkey" PRIMARY KEY ("measure","minute","key","workspace","process","operation","label")
);

-- CreateTable
CREATE TABLE "audit_source" (
    "id" TEXT NOT NULL,
    "kind" TEXT NOT NULL,
    "account" TEXT,
    "cursor_at" TIMESTAMPTZ(3),
    "polled_at" TIMESTAMPTZ(3),
    "covered_until" TIMESTAMPTZ(3),
    "status" TEXT NOT NULL,
    "message" TEXT,
    "updated_at" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "audit_source_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "principal" (
    "provider" TEXT NOT NULL,
    "id" TEXT NOT NULL,
    "name" TEXT NOT NULL,
    "ours" BOOLEAN NOT NULL,
    "first_seen_at" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "principal_pkey" PRIMARY KEY ("provider","id")
);

-- CreateTable
CREATE TABLE "setting" (
    "name" TEXT NOT NULL,
    "value" JSONB NOT NULL,

    CONSTRAINT "setting_pkey" PRIMARY KEY ("name")
);

-- CreateIndex
CREATE INDEX "kms_call_at_idx" ON "kms_call"("at");

-- CreateIndex
CREATE INDEX "kms_call_key_at_idx" ON "kms_call"("key", "at");

-- CreateIndex
CREATE INDEX "kms_attempt_request_id_idx" ON "kms_attempt"("request_id");

-- CreateIndex
CREATE INDEX "kms_attempt_at_idx" ON "kms_attempt"("at");

-- CreateIndex
CREATE INDEX "kms_attempt_event_at_idx" ON "kms_attempt"("event_at");

-- CreateIndex
CREATE INDEX "operation_count_at_idx" ON "operation_count"("at");

-- CreateIndex
CREATE INDEX "dek_activity_at_idx" ON "dek_activity"("at");

-- CreateIndex
CREATE INDEX "audit_event_at_idx" ON "audit_event"("at");

-- CreateIndex
CREATE INDEX "audit_event_key_at_idx" ON "audit_event"("key", "at");

-- CreateIndex
CREATE INDEX "audit_event_request_id_idx" ON "audit_event"("request_id");

-- CreateIndex
CREATE INDEX "audit_event_claim_process_claim_boot_claim_seq_idx" ON "audit_event"("claim_process", "claim_boot", "claim_seq");

-- CreateIndex
CREATE INDEX "audit_event_shared_event_id_idx" ON "audit_event"("shared_event_id");

-- CreateIndex
CREATE INDEX "rollup_minute_minute_idx" ON "rollup_minute"("minute");
