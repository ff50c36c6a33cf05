-- What a key's own page shows, as lib/store/rollups/key-facts.ts keeps it.
CREATE TABLE "key_dek" (
    "key" INTEGER NOT NULL,
    "workspace" INTEGER NOT NULL,
    "dek" TEXT NOT NULL,
    "calls" BIGINT NOT NULL,
    "made_at" TIMESTAMPTZ(3) NOT NULL,
    "last_at" TIMESTAMPTZ(3) NOT NULL,
    "ends_at" TIMESTAMPTZ(3),
    "ok_at" TIMESTAMPTZ(3),
    "refused_at" TIMESTAMPTZ(3),

    CONSTRAINT "key_dek_pkey" PRIMARY KEY ("key", "workspace", "dek")
);
CREATE INDEX "key_dek_workspace_idx" ON "key_dek"("workspace");

CREATE TABLE "key_process" (
    "key" INTEGER NOT NULL,
    "process" INTEGER NOT NULL,
    "boot" INTEGER NOT NULL,
    "last_at" TIMESTAMPTZ(3) NOT NULL,
    "ok_at" TIMESTAMPTZ(3),
    "denied_at" TIMESTAMPTZ(3),
    "dark_at" TIMESTAMPTZ(3),
    "lease_ms" BIGINT NOT NULL,

    CONSTRAINT "key_process_pkey" PRIMARY KEY ("key", "process", "boot")
);

CREATE TABLE "key_caller" (
    "key" INTEGER NOT NULL,
    "principal" INTEGER NOT NULL,
    "first_at" TIMESTAMPTZ(3) NOT NULL,
    "last_at" TIMESTAMPTZ(3) NOT NULL,
    "source_ips" JSONB NOT NULL,
    "services" JSONB NOT NULL,

    CONSTRAINT "key_caller_pkey" PRIMARY KEY ("key", "principal")
);

-- Of what is stored.
INSERT INTO "key_dek" SELECT c."key", c."workspace", c."dek", count(*), min(c."at" - coalesce(c."dek_age_ms", 0) * interval '1 ms'),
    max(c."at"), max(c."lease_ends_at") FILTER (WHERE o."name" = 'ok'), max(c."at") FILTER (WHERE o."name" = 'ok'),
    max(c."at") FILTER (WHERE o."name" IN ('denied', 'wrong-key'))
  FROM "call" c JOIN "dimension" o ON o."kind" = 10 AND o."id" = c."outcome"
  WHERE c."cause" IS DISTINCT FROM (SELECT "id" FROM "dimension" WHERE "kind" = 10 AND "name" = 'validate')
  GROUP BY 1, 2, 3;

INSERT INTO "key_process" SELECT c."key", c."process", c."boot", max(c."at"), max(c."at") FILTER (WHERE o."name" = 'ok'),
    max(c."at") FILTER (WHERE o."name" = 'denied'), max(c."at") FILTER (WHERE o."name" = 'denied' AND d."name" = 'Decrypt'),
    coalesce(max(extract(epoch FROM c."lease_ends_at" - c."at") * 1000) FILTER (WHERE o."name" = 'ok'), 0)
  FROM "call" c JOIN "dimension" o ON o."kind" = 10 AND o."id" = c."outcome"
    JOIN "dimension" d ON d."kind" = 10 AND d."id" = c."operation"
  WHERE c."cause" IS DISTINCT FROM (SELECT "id" FROM "dimension" WHERE "kind" = 10 AND "name" = 'validate')
  GROUP BY 1, 2, 3;

INSERT INTO "key_caller" SELECT "key", "principal", min("at"), max("at"),
    to_jsonb(coalesce((array_agg(DISTINCT "source_ip") FILTER (WHERE "source_ip" IS NOT NULL))[1:10], '{}')),
    to_jsonb(coalesce((array_agg(DISTINCT "invoked_by") FILTER (WHERE "invoked_by" IS NOT NULL))[1:5], '{}'))
  FROM "event" WHERE "state" NOT IN (2, 3) AND "key" <> 0 GROUP BY 1, 2;

-- Uses that were refused, by the minute.
INSERT INTO "dimension" ("kind", "name") VALUES (6, '["refused","",""]') ON CONFLICT DO NOTHING;
INSERT INTO "tally_open" ("key", "cut", "who", "at", "label", "by", "n")
SELECT e."key", 0, 0, floor(extract(epoch FROM e."at") / 60)::int, l."id", e."principal", count(*)
  FROM "event" e JOIN "dimension" l ON l."kind" = 6 AND l."name" = '["refused","",""]'
  WHERE e."error_code" IS NOT NULL AND e."state" NOT IN (2, 3)
  GROUP BY 1, 4, 5, 6;
