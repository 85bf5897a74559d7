-- AlterTable
ALTER TABLE "alert_instance" ADD COLUMN     "ack_note" TEXT,
ADD COLUMN     "acked_at" TIMESTAMP(3),
ADD COLUMN     "acked_by" TEXT,
ADD COLUMN     "expires_at" TIMESTAMP(3),
ADD COLUMN     "generator_url" TEXT,
ADD COLUMN     "unknown_since" TIMESTAMP(3),
ALTER COLUMN "rule_id" DROP NOT NULL;

-- Who listens to "binnacle_alerts" learns which table changed: once per transaction and table, however many rows.
-- The body's semicolons are escaped: what applies this file ends a statement at each plain one.
CREATE FUNCTION "tell_alerts_changed"() RETURNS trigger LANGUAGE plpgsql AS
  E'BEGIN PERFORM pg_notify(\'binnacle_alerts\', TG_TABLE_NAME)\x3B RETURN NULL\x3B END';
CREATE TRIGGER "alert_rule_changed" AFTER INSERT OR UPDATE OR DELETE ON "alert_rule"
  FOR EACH STATEMENT EXECUTE FUNCTION "tell_alerts_changed"();
CREATE TRIGGER "alert_instance_changed" AFTER INSERT OR UPDATE OR DELETE ON "alert_instance"
  FOR EACH STATEMENT EXECUTE FUNCTION "tell_alerts_changed"();
CREATE TRIGGER "silence_changed" AFTER INSERT OR UPDATE OR DELETE ON "silence"
  FOR EACH STATEMENT EXECUTE FUNCTION "tell_alerts_changed"();
CREATE TRIGGER "delivery_changed" AFTER INSERT OR UPDATE OR DELETE ON "delivery"
  FOR EACH STATEMENT EXECUTE FUNCTION "tell_alerts_changed"();
CREATE TRIGGER "notification_channel_changed" AFTER INSERT OR UPDATE OR DELETE ON "notification_channel"
  FOR EACH STATEMENT EXECUTE FUNCTION "tell_alerts_changed"();
