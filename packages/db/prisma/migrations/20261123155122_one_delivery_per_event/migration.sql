-- DropIndex
DROP INDEX "delivery_channel_id_instance_id_sequence_idx";

-- CreateIndex
CREATE UNIQUE INDEX "delivery_channel_id_instance_id_event_key" ON "delivery"("channel_id", "instance_id", "event");
