-- Pairs whose halves lie far apart are few: where a window's edge parts pairs, an hour around it is asked for these
-- alone.
CREATE INDEX "pair_wide_at_idx" ON "pair"("at")
  WHERE ("event_at" - "at") NOT BETWEEN interval '-15 seconds' AND interval '15 seconds';

-- The generations of what goes back to one root are counted from the index alone.
-- DropIndex
DROP INDEX "call_key_root_at_idx";

-- CreateIndex
CREATE INDEX "call_echoes_idx" ON "call"("key", "root_at", "at", "generation", "root_cause", "workspace", "process");
