-- The keys' ids once more, in a table that lies where the keys' rows do. 0 is no key.
-- CreateTable
CREATE TABLE "known_key" (
    "key" INTEGER NOT NULL,

    CONSTRAINT "known_key_pkey" PRIMARY KEY ("key")
);
INSERT INTO "known_key" ("key") SELECT 0 UNION ALL SELECT "id" FROM "dimension" WHERE "kind" = 1;

-- Pairs whose event lies under another key than its attempt: a few.
-- CreateIndex
CREATE INDEX "pair_crossed_at_idx" ON "pair"("at") WHERE "event_key" <> "attempt_key";
