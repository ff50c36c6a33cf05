-- A workspace's attempts, newest first, are far apart among those of its key.
-- CreateIndex
CREATE INDEX "attempt_workspace_at_idx" ON "attempt"("workspace", "at");
