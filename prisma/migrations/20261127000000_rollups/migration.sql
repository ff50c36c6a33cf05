-- Sums by delta, packed by the day: lib/store/rollups/ says of what. What an earlier release summed lies in rollup_minute
-- and dek_hour until the program has carried it over at its next start. The coarser sums were made from those.
-- CreateTable
CREATE TABLE "tally_open" (
    "key" INTEGER NOT NULL,
    "cut" SMALLINT NOT NULL,
    "who" INTEGER NOT NULL,
    "at" INTEGER NOT NULL,
    "label" INTEGER NOT NULL,
    "by" INTEGER NOT NULL,
    "n" BIGINT NOT NULL,

    CONSTRAINT "tally_open_pkey" PRIMARY KEY ("key","cut","who","at","label","by")
);
-- Most rows are changed soon after they are made: with room beside them no index has to be.
ALTER TABLE "tally_open" SET (fillfactor = 70);

-- CreateTable
CREATE TABLE "tally_day" (
    "key" INTEGER NOT NULL,
    "cut" SMALLINT NOT NULL,
    "who" INTEGER NOT NULL,
    "day" INTEGER NOT NULL,
    "hours" BYTEA NOT NULL,
    "minutes" BYTEA NOT NULL,

    CONSTRAINT "tally_day_pkey" PRIMARY KEY ("key","cut","who","day")
);

-- CreateTable
CREATE TABLE "dek_pair" (
    "hour" INTEGER NOT NULL,
    "workspace" INTEGER NOT NULL,
    "process" INTEGER NOT NULL,
    "dek" TEXT NOT NULL,

    CONSTRAINT "dek_pair_pkey" PRIMARY KEY ("hour","workspace","process","dek")
);

-- CreateTable
CREATE TABLE "key_crossing" (
    "key" INTEGER NOT NULL,
    "n" BIGINT NOT NULL,

    CONSTRAINT "key_crossing_pkey" PRIMARY KEY ("key")
);
INSERT INTO "dimension" ("kind", "name")
  SELECT 1, "key" FROM (SELECT "key" FROM "audit_event" WHERE "state" = 'matched' AND "account" <> "recipient_account"
      AND "key" IS NOT NULL
    UNION SELECT jsonb_array_elements_text("value") FROM "setting" WHERE "name" = 'cross-account-keys') "keys"
  ON CONFLICT DO NOTHING;
INSERT INTO "key_crossing" ("key", "n") SELECT d."id", sum(k."n") FROM (
    SELECT "key", count(*) AS "n" FROM "audit_event" WHERE "state" = 'matched' AND "account" <> "recipient_account"
      AND "key" IS NOT NULL GROUP BY 1
    UNION ALL SELECT jsonb_array_elements_text("value"), 1 FROM "setting" WHERE "name" = 'cross-account-keys') k
  JOIN "dimension" d ON d."kind" = 1 AND d."name" = k."key" GROUP BY 1;
DELETE FROM "setting" WHERE "name" = 'cross-account-keys';

-- DropTable
DROP TABLE "minute_series";

-- DropTable
DROP TABLE "rollup_day";

-- DropTable
DROP TABLE "rollup_hour";

-- DropTable
DROP TABLE "rollup_total";
