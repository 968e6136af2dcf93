<?php

// Made by generate.php of openapi.json. Don't change it here.

declare(strict_types=1);

namespace Yipii\Client\Model;

final class ReportSchedule
{
    public function __construct(
        /** The account's key. A credential that reaches one account alone may leave it out. It can't be changed. */
        public readonly ?string $accountName,
        /** @var list<int>|null Assets that its reports are about; all that the caller sees if left out. */
        public readonly ?array $assetIds,
        public readonly ?int $beaconId,
        public readonly \DateTimeImmutable $createdAt,
        /** Weekly: 0 (Sunday) to 6. Monthly: 1 to 31, which is the last day of a shorter month. Daily: left out. */
        public readonly ?int $day,
        /** webhook or mail. */
        public readonly string $deliver,
        public readonly ?int $driverId,
        /** False: no reports are asked for. True if left out. */
        public readonly ?bool $enabled,
        /** daily, weekly or monthly. */
        public readonly string $every,
        public readonly string $format,
        public readonly int $id,
        /** When it asked for a report last. */
        public readonly ?\DateTimeImmutable $lastAt,
        /** Why it could not ask for a report the last time, or to how many recipients the letters of one could not be sent. Null once the next goes well. */
        public readonly ?string $lastError,
        public readonly string $name,
        /** When it asks for a report next; null if it is not enabled. */
        public readonly ?\DateTimeImmutable $nextAt,
        /** low, standard or high; standard if left out. It orders the account's own reports: accounts take turns. */
        public readonly ?string $priority,
        /** @var list<int>|null Mail: the user ids of the members who get letters. */
        public readonly ?array $recipients,
        /** Time of day in the account's zone. */
        public readonly string $time,
        public readonly ?string $title,
        public readonly string $type,
        public readonly \DateTimeImmutable $updatedAt,
    ) {
    }

    /** @param array<string, mixed> $data as the server answers it */
    public static function from(array $data): self
    {
        return new self(
            accountName: $data['account_name'] ?? null,
            assetIds: $data['asset_ids'] ?? null,
            beaconId: $data['beacon_id'] ?? null,
            createdAt: new \DateTimeImmutable($data['created_at']),
            day: $data['day'] ?? null,
            deliver: $data['deliver'],
            driverId: $data['driver_id'] ?? null,
            enabled: $data['enabled'] ?? null,
            every: $data['every'],
            format: $data['format'],
            id: $data['id'],
            lastAt: $data['last_at'] === null ? null : new \DateTimeImmutable($data['last_at']),
            lastError: $data['last_error'],
            name: $data['name'],
            nextAt: $data['next_at'] === null ? null : new \DateTimeImmutable($data['next_at']),
            priority: $data['priority'] ?? null,
            recipients: $data['recipients'] ?? null,
            time: $data['time'],
            title: $data['title'] ?? null,
            type: $data['type'],
            updatedAt: new \DateTimeImmutable($data['updated_at']),
        );
    }
}
