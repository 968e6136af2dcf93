<?php

// Made by generate.php of openapi.json. Don't change it here.

declare(strict_types=1);

namespace Yipii\Client\Model;

final class Report
{
    public function __construct(
        /** The account's key. */
        public readonly string $accountName,
        public readonly ?int $assetId,
        /** @var list<int> The assets that were named; empty for all that the caller could see. */
        public readonly array $assetIds,
        public readonly ?int $beaconId,
        public readonly \DateTimeImmutable $createdAt,
        /** Where its range begins. */
        public readonly \DateTimeImmutable $dateFrom,
        /** Where its range ends; itself not in it. */
        public readonly \DateTimeImmutable $dateTo,
        /** Null until it is completed. */
        public readonly ?string $downloadUrl,
        public readonly ?int $driverId,
        /** When it was completed, or failed. */
        public readonly ?\DateTimeImmutable $endedAt,
        /** Why it failed. */
        public readonly ?string $error,
        /** When it is deleted. */
        public readonly \DateTimeImmutable $expiresAt,
        public readonly string $format,
        public readonly string $id,
        public readonly string $priority,
        /** How much of it is made, in percent. */
        public readonly int $progress,
        /** The schedule that asked for it. */
        public readonly ?int $scheduleId,
        /** Bytes of its file. */
        public readonly ?int $size,
        public readonly ?\DateTimeImmutable $startedAt,
        public readonly string $status,
        public readonly string $statusUrl,
        /** As asked for; empty for the type's own. */
        public readonly string $title,
        public readonly string $type,
    ) {
    }

    /** @param array<string, mixed> $data as the server answers it */
    public static function from(array $data): self
    {
        return new self(
            accountName: $data['account_name'],
            assetId: $data['asset_id'],
            assetIds: $data['asset_ids'],
            beaconId: $data['beacon_id'],
            createdAt: new \DateTimeImmutable($data['created_at']),
            dateFrom: new \DateTimeImmutable($data['date_from']),
            dateTo: new \DateTimeImmutable($data['date_to']),
            downloadUrl: $data['download_url'],
            driverId: $data['driver_id'],
            endedAt: $data['ended_at'] === null ? null : new \DateTimeImmutable($data['ended_at']),
            error: $data['error'],
            expiresAt: new \DateTimeImmutable($data['expires_at']),
            format: $data['format'],
            id: $data['id'],
            priority: $data['priority'],
            progress: $data['progress'],
            scheduleId: $data['schedule_id'],
            size: $data['size'],
            startedAt: $data['started_at'] === null ? null : new \DateTimeImmutable($data['started_at']),
            status: $data['status'],
            statusUrl: $data['status_url'],
            title: $data['title'],
            type: $data['type'],
        );
    }
}
