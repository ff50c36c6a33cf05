-- What an event's operation does, whichever cloud names it, what is shown of it besides, and how sure its join is.
-- AlterTable
ALTER TABLE "audit_event" ADD COLUMN "action" TEXT NOT NULL DEFAULT 'other',
ADD COLUMN "facts" JSONB,
ADD COLUMN "join_confidence" REAL;

-- Events that are there are CloudTrail's.
UPDATE "audit_event" SET "action" = CASE
    WHEN "operation" = 'Encrypt' THEN 'encrypt'
    WHEN "operation" = 'Decrypt' THEN 'decrypt'
    WHEN "operation" = 'ReEncrypt' THEN 're-encrypt'
    WHEN "operation" LIKE 'GenerateDataKey%' THEN 'data-key'
    WHEN "operation" IN ('GenerateMac', 'VerifyMac', 'Sign', 'Verify', 'DeriveSharedSecret') THEN 'other-use'
    WHEN "operation" IN ('CreateKey', 'ReplicateKey') THEN 'create'
    WHEN "operation" = 'DisableKey' THEN 'disable'
    WHEN "operation" = 'EnableKey' THEN 'enable'
    WHEN "operation" = 'ScheduleKeyDeletion' THEN 'schedule'
    WHEN "operation" = 'CancelKeyDeletion' THEN 'cancel'
    WHEN "operation" IN ('DeleteKey', 'DeleteImportedKeyMaterial', 'DeleteExpiredKeyMaterial') THEN 'destroy'
    WHEN "operation" = 'PutKeyPolicy' THEN 'policy'
    WHEN "operation" IN ('CreateGrant', 'RetireGrant', 'RevokeGrant') THEN 'grant'
    WHEN "operation" IN ('CreateAlias', 'UpdateAlias', 'DeleteAlias') THEN 'alias'
    WHEN "operation" IN ('RotateKey', 'RotateKeyOnDemand', 'EnableKeyRotation', 'DisableKeyRotation') THEN 'rotation'
    WHEN "operation" IN ('StopLogging', 'DeleteTrail', 'UpdateTrail', 'PutEventSelectors') THEN 'trail'
    ELSE 'other' END;
