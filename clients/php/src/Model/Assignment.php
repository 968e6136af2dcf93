<?php

// Made by generate.php of openapi.json. Don't change it here.

declare(strict_types=1);

namespace Yipii\Client\Model;

final class Assignment
{
    public function __construct(
        public readonly int $assetId,
        public readonly int $driverId,
        /** The driver's name; that of a deleted one too. */
        public readonly string $driverName,
        public readonly \DateTimeImmutable $from,
        public readonly int $id,
        /** Null while it lasts. */
        public readonly ?\DateTimeImmutable $until,
    ) {
    }

    /** @param array<string, mixed> $data as the server answers it */
    public static function from(array $data): self
    {
        return new self(
            assetId: $data['asset_id'],
            driverId: $data['driver_id'],
            driverName: $data['driver_name'],
            from: new \DateTimeImmutable($data['from']),
            id: $data['id'],
            until: $data['until'] === null ? null : new \DateTimeImmutable($data['until']),
        );
    }
}
