-- CreateTable
CREATE TABLE "sealing_key" (
    "id" TEXT NOT NULL,
    "public_key" TEXT NOT NULL,
    "used_at" TIMESTAMP(3) NOT NULL,

    CONSTRAINT "sealing_key_pkey" PRIMARY KEY ("id")
);
