-- Causes refined over the fleet, lineage roots, and the roll-ups above the minute. What is there already is rolled up.
-- AlterTable
ALTER TABLE "kms_call" ADD COLUMN "refined_cause" TEXT NOT NULL DEFAULT '',
ADD COLUMN "root_at" TIMESTAMPTZ(3),
ADD COLUMN "root_cause" TEXT;
UPDATE "kms_call" SET "refined_cause" = "cause";
ALTER TABLE "kms_call" ALTER COLUMN "refined_cause" DROP DEFAULT;
UPDATE "kms_call" c SET "root_at" = r."at", "root_cause" = r."cause" FROM "kms_call" r
  WHERE r."process" = c."process" AND r."boot" = c."boot" AND r."seq" = coalesce(c."root_seq", c."seq");

-- AlterTable
ALTER TABLE "audit_event" ADD COLUMN "join_method" TEXT;
UPDATE "audit_event" e SET "join_method" = a."join_method" FROM "kms_attempt" a
  WHERE a."event_id" = e."event_id" AND a."event_at" = e."at";

-- AlterTable
ALTER TABLE "principal" ADD COLUMN "claims" BOOLEAN NOT NULL DEFAULT false;
UPDATE "principal" p SET "claims" = true WHERE EXISTS (SELECT FROM "audit_event" e WHERE e."principal" = p."id"
  AND e."join_method" = 'request-id' AND e."claim_process" IS NOT NULL);

-- CreateTable
CREATE TABLE "process_boot" (
    "process" TEXT NOT NULL,
    "boot" TEXT NOT NULL,
    "started_at" TIMESTAMPTZ(3) NOT NULL,
    "ttl_ms" BIGINT,
    "dek_rotation_ms" BIGINT,

    CONSTRAINT "process_boot_pkey" PRIMARY KEY ("process","boot")
);
INSERT INTO "process_boot" SELECT "process", "boot", min("at") FROM "kms_call" GROUP BY 1, 2;

-- CreateTable
CREATE TABLE "rollup_hour" (
    "hour" TIMESTAMPTZ(3) NOT NULL,
    "measure" TEXT NOT NULL,
    "key" TEXT NOT NULL,
    "workspace" TEXT NOT NULL,
    "process" TEXT NOT NULL,
    "operation" TEXT NOT NULL,
    "label" TEXT NOT NULL,
    "n" BIGINT NOT NULL,

    CONSTRAINT "rollup_hour_pkey" PRIMARY KEY ("hour","measure","key","workspace","process","operation","label")
);
INSERT INTO "rollup_hour" SELECT date_trunc('hour', "minute", 'UTC'), "measure", "key", "workspace", "process", "operation",
  "label", sum("n") FROM "rollup_minute" GROUP BY 1, 2, 3, 4, 5, 6, 7;

-- CreateTable
CREATE TABLE "rollup_day" (
    "day" TIMESTAMPTZ(3) NOT NULL,
    "measure" TEXT NOT NULL,
    "key" TEXT NOT NULL,
    "workspace" TEXT NOT NULL,
    "process" TEXT NOT NULL,
    "operation" TEXT NOT NULL,
    "label" TEXT NOT NULL,
    "n" BIGINT NOT NULL,

    CONSTRAINT "rollup_day_pkey" PRIMARY KEY ("day","measure","key","workspace","process","operation","label")
);
INSERT INTO "rollup_day" SELECT date_trunc('day', "hour", 'UTC'), "measure", "key", "workspace", "process", "operation",
  "label", sum("n") FROM "rollup_hour" GROUP BY 1, 2, 3, 4, 5, 6, 7;

-- CreateTable
CREATE TABLE "rollup_total" (
    "hour" TIMESTAMPTZ(3) NOT NULL,
    "measure" TEXT NOT NULL,
    "key" TEXT NOT NULL,
    "principal" TEXT NOT NULL,
    "operation" TEXT NOT NULL,
    "label" TEXT NOT NULL,
    "n" BIGINT NOT NULL,

    CONSTRAINT "rollup_total_pkey" PRIMARY KEY ("hour","measure","key","principal","operation","label")
);
INSERT INTO "rollup_total" SELECT "hour", "measure", "key", CASE "measure" WHEN 'events' THEN "process" ELSE '' END, "operation",
  "label", sum("n") FROM "rollup_hour" WHERE "measure" <> 'reopened' GROUP BY 1, 2, 3, 4, 5, 6;

-- CreateTable
CREATE TABLE "minute_series" (
    "hour" TIMESTAMPTZ(3) NOT NULL,
    "key" TEXT NOT NULL,
    "workspace" TEXT NOT NULL,
    "label" TEXT NOT NULL,
    "counts" INTEGER[],

    CONSTRAINT "minute_series_pkey" PRIMARY KEY ("hour","key","workspace","label")
);
INSERT INTO "minute_series" SELECT "hour", "key", "workspace", "label",
    array(SELECT coalesce(("by_minute" ->> "no"::text)::int, 0) FROM generate_series(0, 59) AS "no" ORDER BY "no")
  FROM (SELECT "hour", "key", "workspace", "label", jsonb_object_agg("no", "n") AS "by_minute"
    FROM (SELECT date_trunc('hour', r."minute", 'UTC') AS "hour", r."key", part."workspace", part."label",
        extract(minute FROM r."minute" AT TIME ZONE 'UTC')::int AS "no", sum(r."n")::int AS "n"
      FROM "rollup_minute" r CROSS JOIN LATERAL (VALUES
        ('', CASE r."measure" WHEN 'calls' THEN 'calls:' || r."label" ELSE 'events:' || r."label" || ':' || r."process" END,
          TRUE),
        (r."workspace", 'requests', r."measure" = 'calls' OR r."label" IN ('unclaimed', 'claim-new', 'claim-used')),
        (r."workspace", 'events', r."measure" = 'events')
      ) AS part("workspace", "label", "counted")
      WHERE (r."measure" = 'calls' OR r."measure" = 'events'
          AND r."label" IN ('matched', 'unclaimed', 'claim-new', 'claim-used'))
        AND part."counted" AND (part."workspace" <> '' OR part."label" NOT IN ('requests', 'events'))
      GROUP BY 1, 2, 3, 4, 5) minutes
    GROUP BY 1, 2, 3, 4) hours;

-- CreateTable
CREATE TABLE "dek_hour" (
    "hour" TIMESTAMPTZ(3) NOT NULL,
    "workspace" TEXT NOT NULL,
    "process" TEXT NOT NULL,
    "dek" TEXT NOT NULL,
    "uses" BIGINT NOT NULL,

    CONSTRAINT "dek_hour_pkey" PRIMARY KEY ("hour","workspace","process","dek")
);
INSERT INTO "dek_hour" SELECT date_trunc('hour', "at", 'UTC'), "workspace", "process", "dek", sum("uses")
  FROM "dek_activity" GROUP BY 1, 2, 3, 4;

-- CreateIndex
CREATE INDEX "kms_call_dek_at_idx" ON "kms_call"("dek", "at");

-- CreateIndex
CREATE INDEX "kms_call_root_seq_process_boot_idx" ON "kms_call"("root_seq", "process", "boot");

-- CreateIndex
CREATE INDEX "kms_call_root_at_idx" ON "kms_call"("root_at");

-- CreateIndex
CREATE INDEX "audit_event_state_principal_at_idx" ON "audit_event"("state", "principal", "at");
