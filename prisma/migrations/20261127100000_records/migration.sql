-- Records narrow, by names' ids, the key's id first in every primary key, partitioned by time as the first tables were.
-- What the first tables hold is carried over by lib/store/records/carry-over.ts right after, which then drops them.
-- The views show the rows with their names, as the first tables had them.
ALTER TABLE "kms_call" RENAME TO "first_kms_call";
ALTER TABLE "kms_attempt" RENAME TO "first_kms_attempt";
ALTER TABLE "operation_count" RENAME TO "first_operation_count";
ALTER TABLE "dek_activity" RENAME TO "first_dek_activity";
ALTER TABLE "audit_event" RENAME TO "first_audit_event";

-- CreateTable
CREATE TABLE "call" (
    "key" INTEGER NOT NULL,
    "at" TIMESTAMPTZ(3) NOT NULL,
    "process" INTEGER NOT NULL,
    "boot" INTEGER NOT NULL,
    "seq" BIGINT NOT NULL,
    "workspace" INTEGER NOT NULL,
    "operation" INTEGER NOT NULL,
    "path" INTEGER NOT NULL,
    "cause" INTEGER NOT NULL,
    "refined_cause" INTEGER NOT NULL,
    "outcome" INTEGER NOT NULL,
    "attempts" INTEGER NOT NULL,
    "generation" INTEGER NOT NULL,
    "coalesced" INTEGER NOT NULL,
    "forgotten" BOOLEAN NOT NULL,
    "ended_at" TIMESTAMPTZ(3) NOT NULL,
    "lease_ends_at" TIMESTAMPTZ(3),
    "parent_seq" BIGINT,
    "root_seq" BIGINT,
    "root_at" TIMESTAMPTZ(3),
    "root_cause" INTEGER,
    "dek_age_ms" BIGINT,
    "idle_ms" BIGINT,
    "dek" TEXT NOT NULL,
    "edek_fingerprint" TEXT,
    "tag" TEXT,
    "trace_id" TEXT NOT NULL,
    "span_id" TEXT NOT NULL,

    CONSTRAINT "call_pkey" PRIMARY KEY ("key","at","process","boot","seq")
) PARTITION BY RANGE ("at");

-- CreateTable
CREATE TABLE "attempt" (
    "key" INTEGER NOT NULL,
    "at" TIMESTAMPTZ(3) NOT NULL,
    "process" INTEGER NOT NULL,
    "boot" INTEGER NOT NULL,
    "seq" BIGINT NOT NULL,
    "attempt" INTEGER NOT NULL,
    "workspace" INTEGER NOT NULL,
    "operation" INTEGER NOT NULL,
    "cause" INTEGER NOT NULL,
    "outcome" INTEGER NOT NULL,
    "status" INTEGER,
    "sent" BOOLEAN NOT NULL,
    "sent_at" TIMESTAMPTZ(3) NOT NULL,
    "duration_ms" DOUBLE PRECISION NOT NULL,
    "request_id" TEXT,
    "error_code" TEXT,
    "span_id" TEXT NOT NULL,

    CONSTRAINT "attempt_pkey" PRIMARY KEY ("key","at","process","boot","seq","attempt")
) PARTITION BY RANGE ("at");

-- CreateTable
CREATE TABLE "lookup_count" (
    "key" INTEGER NOT NULL,
    "at" TIMESTAMPTZ(3) NOT NULL,
    "process" INTEGER NOT NULL,
    "boot" INTEGER NOT NULL,
    "seq" BIGINT NOT NULL,
    "workspace" INTEGER NOT NULL,
    "scope" INTEGER NOT NULL,
    "path" INTEGER NOT NULL,
    "outcome" INTEGER NOT NULL,
    "n" BIGINT NOT NULL,

    CONSTRAINT "lookup_count_pkey" PRIMARY KEY ("key","at","process","boot","seq","workspace","scope","path","outcome")
) PARTITION BY RANGE ("at");

-- CreateTable
CREATE TABLE "dek_use" (
    "workspace" INTEGER NOT NULL,
    "at" TIMESTAMPTZ(3) NOT NULL,
    "process" INTEGER NOT NULL,
    "boot" INTEGER NOT NULL,
    "seq" BIGINT NOT NULL,
    "dek" TEXT NOT NULL,
    "uses" BIGINT NOT NULL,
    "bytes" BIGINT NOT NULL,

    CONSTRAINT "dek_use_pkey" PRIMARY KEY ("workspace","at","process","boot","seq","dek")
) PARTITION BY RANGE ("at");

-- CreateTable
CREATE TABLE "event" (
    "key" INTEGER NOT NULL,
    "at" TIMESTAMPTZ(3) NOT NULL,
    "id" TEXT NOT NULL,
    "role" SMALLINT NOT NULL,
    "state" SMALLINT NOT NULL,
    "provider" INTEGER NOT NULL,
    "source" INTEGER NOT NULL,
    "operation" INTEGER NOT NULL,
    "action" INTEGER NOT NULL,
    "principal" INTEGER NOT NULL,
    "principal_name" INTEGER NOT NULL,
    "account" INTEGER,
    "recipient_account" INTEGER,
    "workspace" INTEGER,
    "invoked_by" INTEGER,
    "claim_process" INTEGER,
    "claim_boot" INTEGER,
    "claim_seq" BIGINT,
    "claim_attempt" INTEGER,
    "claim_cause" INTEGER,
    "raw_no" SMALLINT NOT NULL,
    "raw_block" BIGINT NOT NULL,
    "seen_at" TIMESTAMPTZ(3),
    "other_keys" INTEGER[],
    "request_id" TEXT,
    "shared_event_id" TEXT,
    "claim_span" TEXT,
    "error_code" TEXT,
    "session" TEXT,
    "source_ip" TEXT,
    "user_agent" TEXT,
    "dek" TEXT,
    "context" JSONB,
    "facts" JSONB,

    CONSTRAINT "event_pkey" PRIMARY KEY ("key","at","id")
) PARTITION BY RANGE ("at");

-- CreateTable
CREATE TABLE "event_id" (
    "id" UUID NOT NULL,
    "at" TIMESTAMPTZ(3) NOT NULL,
    "key" INTEGER NOT NULL,

    CONSTRAINT "event_id_pkey" PRIMARY KEY ("id","at")
) PARTITION BY RANGE ("at");

-- CreateTable
CREATE TABLE "pair" (
    "key" INTEGER NOT NULL,
    "at" TIMESTAMPTZ(3) NOT NULL,
    "process" INTEGER NOT NULL,
    "boot" INTEGER NOT NULL,
    "seq" BIGINT NOT NULL,
    "attempt" INTEGER NOT NULL,
    "method" SMALLINT NOT NULL,
    "confidence" REAL,
    "attempt_key" INTEGER NOT NULL,
    "event_key" INTEGER NOT NULL,
    "event_at" TIMESTAMPTZ(3) NOT NULL,
    "event_id" TEXT NOT NULL,

    CONSTRAINT "pair_pkey" PRIMARY KEY ("key","at","process","boot","seq","attempt")
) PARTITION BY RANGE ("at");

-- CreateTable
CREATE TABLE "raw_block" (
    "key" INTEGER NOT NULL,
    "at" TIMESTAMPTZ(3) NOT NULL,
    "no" BIGINT NOT NULL,
    "records" BYTEA NOT NULL,

    CONSTRAINT "raw_block_pkey" PRIMARY KEY ("key","at","no")
) PARTITION BY RANGE ("at");

-- CreateIndex
CREATE INDEX "call_at_idx" ON "call"("at");

-- CreateIndex
CREATE INDEX "call_process_boot_seq_idx" ON "call"("process", "boot", "seq");

-- CreateIndex
CREATE INDEX "call_root_seq_process_boot_idx" ON "call"("root_seq", "process", "boot");

-- CreateIndex
CREATE INDEX "call_dek_at_idx" ON "call"("dek", "at");

-- CreateIndex
CREATE INDEX "call_root_at_idx" ON "call"("root_at");

-- CreateIndex
CREATE INDEX "attempt_at_idx" ON "attempt"("at");

-- CreateIndex
CREATE INDEX "attempt_process_boot_seq_idx" ON "attempt"("process", "boot", "seq");

-- CreateIndex
CREATE INDEX "attempt_request_id_idx" ON "attempt" USING HASH ("request_id");

-- CreateIndex
CREATE INDEX "lookup_count_at_idx" ON "lookup_count"("at");

-- CreateIndex
CREATE INDEX "lookup_count_process_boot_seq_idx" ON "lookup_count"("process", "boot", "seq");

-- CreateIndex
CREATE INDEX "dek_use_at_idx" ON "dek_use"("at");

-- CreateIndex
CREATE INDEX "event_at_idx" ON "event"("at");

-- CreateIndex
CREATE INDEX "event_request_id_idx" ON "event" USING HASH ("request_id");

-- CreateIndex
CREATE INDEX "event_shared_event_id_idx" ON "event" USING HASH ("shared_event_id");

-- CreateIndex
CREATE INDEX "event_claim_process_claim_boot_claim_seq_idx" ON "event"("claim_process", "claim_boot", "claim_seq");

-- CreateIndex
CREATE INDEX "event_state_principal_at_idx" ON "event"("state", "principal", "at");

-- CreateIndex
CREATE INDEX "pair_key_event_at_event_id_idx" ON "pair"("key", "event_at", "event_id");

-- CreateIndex
CREATE INDEX "pair_event_at_idx" ON "pair"("event_at");

-- CreateIndex
CREATE INDEX "pair_at_idx" ON "pair" USING BRIN ("at");

-- CreateIndex
CREATE INDEX "event_id_at_idx" ON "event_id" USING BRIN ("at");

-- CreateIndex
CREATE INDEX "raw_block_at_idx" ON "raw_block" USING BRIN ("at");

CREATE VIEW "kms_call" AS SELECT t."at", coalesce(n_process."name", '') AS "process", coalesce(n_boot."name", '') AS "boot", t."seq",
    coalesce(n_workspace."name", '') AS "workspace", coalesce(n_key."name", '') AS "key", coalesce(n_operation."name", '') AS "operation", coalesce(n_path."name", '') AS "path",
    coalesce(n_cause."name", '') AS "cause", t."dek", t."dek_age_ms", t."edek_fingerprint",
    t."generation", t."parent_seq", t."root_seq", t."idle_ms",
    t."forgotten", t."coalesced", t."tag", t."lease_ends_at",
    t."ended_at", coalesce(n_outcome."name", '') AS "outcome", t."attempts", t."trace_id",
    t."span_id", coalesce(n_refined_cause."name", '') AS "refined_cause", t."root_at", n_root_cause."name" AS "root_cause",
    t."key" AS "key_id", t."process" AS "process_id", t."boot" AS "boot_id"
  FROM "call" t
  LEFT JOIN "dimension" n_process ON n_process."kind" = 3 AND n_process."id" = t."process"
  LEFT JOIN "dimension" n_boot ON n_boot."kind" = 9 AND n_boot."id" = t."boot"
  LEFT JOIN "dimension" n_workspace ON n_workspace."kind" = 2 AND n_workspace."id" = t."workspace"
  LEFT JOIN "dimension" n_key ON n_key."kind" = 1 AND n_key."id" = t."key"
  LEFT JOIN "dimension" n_operation ON n_operation."kind" = 10 AND n_operation."id" = t."operation"
  LEFT JOIN "dimension" n_path ON n_path."kind" = 10 AND n_path."id" = t."path"
  LEFT JOIN "dimension" n_cause ON n_cause."kind" = 10 AND n_cause."id" = t."cause"
  LEFT JOIN "dimension" n_outcome ON n_outcome."kind" = 10 AND n_outcome."id" = t."outcome"
  LEFT JOIN "dimension" n_refined_cause ON n_refined_cause."kind" = 10 AND n_refined_cause."id" = t."refined_cause"
  LEFT JOIN "dimension" n_root_cause ON n_root_cause."kind" = 10 AND n_root_cause."id" = t."root_cause";

CREATE VIEW "kms_attempt" AS SELECT t."at", coalesce(n_process."name", '') AS "process", coalesce(n_boot."name", '') AS "boot", t."seq",
    t."attempt", coalesce(n_workspace."name", '') AS "workspace", coalesce(n_key."name", '') AS "key", coalesce(n_operation."name", '') AS "operation",
    coalesce(n_cause."name", '') AS "cause", t."sent", t."sent_at", t."duration_ms",
    t."request_id", t."status", coalesce(n_outcome."name", '') AS "outcome", t."error_code",
    t."span_id", p."event_id" AS "event_id", p."event_at" AS "event_at", (ARRAY['request-id', 'claim', 'reason', 'client-id', 'assignment'])[p."method"] AS "join_method",
    p."confidence" AS "join_confidence",
    t."key" AS "key_id", t."process" AS "process_id", t."boot" AS "boot_id", p."event_key" AS "event_key_id"
  FROM "attempt" t
  LEFT JOIN "dimension" n_process ON n_process."kind" = 3 AND n_process."id" = t."process"
  LEFT JOIN "dimension" n_boot ON n_boot."kind" = 9 AND n_boot."id" = t."boot"
  LEFT JOIN "dimension" n_workspace ON n_workspace."kind" = 2 AND n_workspace."id" = t."workspace"
  LEFT JOIN "dimension" n_key ON n_key."kind" = 1 AND n_key."id" = t."key"
  LEFT JOIN "dimension" n_operation ON n_operation."kind" = 10 AND n_operation."id" = t."operation"
  LEFT JOIN "dimension" n_cause ON n_cause."kind" = 10 AND n_cause."id" = t."cause"
  LEFT JOIN "dimension" n_outcome ON n_outcome."kind" = 10 AND n_outcome."id" = t."outcome"
  LEFT JOIN "pair" p ON p."key" = t."key" AND p."attempt_key" = t."key" AND p."at" = t."at" AND p."process" = t."process" AND p."boot" = t."boot"
    AND p."seq" = t."seq" AND p."attempt" = t."attempt";

CREATE VIEW "operation_count" AS SELECT t."at", coalesce(n_process."name", '') AS "process", coalesce(n_boot."name", '') AS "boot", t."seq",
    coalesce(n_workspace."name", '') AS "workspace", coalesce(n_key."name", '') AS "key", coalesce(n_scope."name", '') AS "scope", coalesce(n_path."name", '') AS "path",
    coalesce(n_outcome."name", '') AS "outcome", t."n", t."process" AS "process_id", t."boot" AS "boot_id"
  FROM "lookup_count" t
  LEFT JOIN "dimension" n_process ON n_process."kind" = 3 AND n_process."id" = t."process"
  LEFT JOIN "dimension" n_boot ON n_boot."kind" = 9 AND n_boot."id" = t."boot"
  LEFT JOIN "dimension" n_workspace ON n_workspace."kind" = 2 AND n_workspace."id" = t."workspace"
  LEFT JOIN "dimension" n_key ON n_key."kind" = 1 AND n_key."id" = t."key"
  LEFT JOIN "dimension" n_scope ON n_scope."kind" = 10 AND n_scope."id" = t."scope"
  LEFT JOIN "dimension" n_path ON n_path."kind" = 10 AND n_path."id" = t."path"
  LEFT JOIN "dimension" n_outcome ON n_outcome."kind" = 10 AND n_outcome."id" = t."outcome";

CREATE VIEW "dek_activity" AS SELECT t."at", coalesce(n_process."name", '') AS "process", coalesce(n_boot."name", '') AS "boot", t."seq",
    coalesce(n_workspace."name", '') AS "workspace", t."dek", t."uses", t."bytes"
  FROM "dek_use" t
  LEFT JOIN "dimension" n_process ON n_process."kind" = 3 AND n_process."id" = t."process"
  LEFT JOIN "dimension" n_boot ON n_boot."kind" = 9 AND n_boot."id" = t."boot"
  LEFT JOIN "dimension" n_workspace ON n_workspace."kind" = 2 AND n_workspace."id" = t."workspace";

-- An event has a row for each of its keys: what is asked of one key is asked of these.
CREATE VIEW "key_event" AS SELECT t."at", t."id" AS "event_id", t."role", (ARRAY['matched', 'copy', 'other', 'claim-new', 'claim-used', 'unclaimed'])[t."state"] AS "state",
    coalesce(n_provider."name", '') AS "provider", coalesce(n_source."name", '') AS "source", n_key."name" AS "key", ARRAY(SELECT o."name" FROM unnest(t."other_keys") WITH ORDINALITY u("id", "no")
      JOIN "dimension" o ON o."kind" = 1 AND o."id" = u."id" ORDER BY u."no") AS "other_keys",
    coalesce(n_operation."name", '') AS "operation", coalesce(n_action."name", '') AS "action", coalesce(n_principal."name", '') AS "principal", coalesce(n_principal_name."name", '') AS "principal_name", t."session",
    n_account."name" AS "account", n_recipient_account."name" AS "recipient_account", t."request_id", t."shared_event_id",
    n_claim_process."name" AS "claim_process", n_claim_boot."name" AS "claim_boot", t."claim_seq", t."claim_attempt",
    n_claim_cause."name" AS "claim_cause", t."claim_span", t."error_code", t."source_ip",
    t."user_agent", n_workspace."name" AS "workspace", t."dek", t."context", t."facts",
    n_invoked_by."name" AS "invoked_by", t."seen_at", t."raw_no", t."raw_block", t."key" AS "key_id"
  FROM "event" t
  LEFT JOIN "dimension" n_provider ON n_provider."kind" = 10 AND n_provider."id" = t."provider"
  LEFT JOIN "dimension" n_source ON n_source."kind" = 5 AND n_source."id" = t."source"
  LEFT JOIN "dimension" n_key ON n_key."kind" = 1 AND n_key."id" = t."key"
  LEFT JOIN "dimension" n_operation ON n_operation."kind" = 10 AND n_operation."id" = t."operation"
  LEFT JOIN "dimension" n_action ON n_action."kind" = 10 AND n_action."id" = t."action"
  LEFT JOIN "dimension" n_principal ON n_principal."kind" = 4 AND n_principal."id" = t."principal"
  LEFT JOIN "dimension" n_principal_name ON n_principal_name."kind" = 8 AND n_principal_name."id" = t."principal_name"
  LEFT JOIN "dimension" n_account ON n_account."kind" = 10 AND n_account."id" = t."account"
  LEFT JOIN "dimension" n_recipient_account ON n_recipient_account."kind" = 10 AND n_recipient_account."id" = t."recipient_account"
  LEFT JOIN "dimension" n_claim_process ON n_claim_process."kind" = 3 AND n_claim_process."id" = t."claim_process"
  LEFT JOIN "dimension" n_claim_boot ON n_claim_boot."kind" = 9 AND n_claim_boot."id" = t."claim_boot"
  LEFT JOIN "dimension" n_claim_cause ON n_claim_cause."kind" = 10 AND n_claim_cause."id" = t."claim_cause"
  LEFT JOIN "dimension" n_workspace ON n_workspace."kind" = 2 AND n_workspace."id" = t."workspace"
  LEFT JOIN "dimension" n_invoked_by ON n_invoked_by."kind" = 10 AND n_invoked_by."id" = t."invoked_by";

-- Each event once, under the first of its keys.
CREATE VIEW "audit_event" AS SELECT * FROM "key_event" WHERE "role" = 0;
