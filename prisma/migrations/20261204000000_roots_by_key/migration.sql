-- What goes back to one root is asked for by key.
-- DropIndex
DROP INDEX "call_root_at_idx";

-- CreateIndex
CREATE INDEX "call_key_root_at_idx" ON "call"("key", "root_at");
