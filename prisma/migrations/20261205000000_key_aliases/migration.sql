-- Aliases by which telemetry names keys that the log names themselves, as their requests show.
CREATE TABLE "key_alias" (
    "key" INTEGER NOT NULL,
    "alias" INTEGER NOT NULL,
    CONSTRAINT "key_alias_pkey" PRIMARY KEY ("key","alias")
);

INSERT INTO "key_alias" ("key", "alias")
SELECT DISTINCT p."event_key", p."attempt_key" FROM "pair" p
JOIN "dimension" a ON a."kind" = 1 AND a."id" = p."attempt_key"
JOIN "dimension" k ON k."kind" = 1 AND k."id" = p."event_key"
WHERE p."event_key" <> p."attempt_key" AND p."key" = p."event_key" AND p."method" = 1
  AND a."name" LIKE 'arn:%:kms:%:alias/%' AND starts_with(k."name", split_part(a."name", ':alias/', 1) || ':key/');
