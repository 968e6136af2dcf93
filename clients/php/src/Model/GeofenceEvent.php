<?php

// Made by generate.php of openapi.json. Don't change it here.

declare(strict_types=1);

namespace Yipii\Client\Model;

final class GeofenceEvent
{
    public function __construct(
        public readonly int $assetId,
        /** It may have been deleted since. */
        public readonly int $geofenceId,
        /** As it was then. */
        public readonly string $geofenceName,
        public readonly int $id,
        public readonly string $kind,
        /** Of the position at which it was concluded. */
        public readonly float $latitude,
        public readonly float $longitude,
        /** When it happened; of dwelled, when the time was over. */
        public readonly \DateTimeImmutable $time,
    ) {
    }

    /** @param array<string, mixed> $data as the server answers it */
    public static function from(array $data): self
    {
        return new self(
            assetId: $data['asset_id'],
            geofenceId: $data['geofence_id'],
            geofenceName: $data['geofence_name'],
            id: $data['id'],
            kind: $data['kind'],
            latitude: (float) $data['latitude'],
            longitude: (float) $data['longitude'],
            time: new \DateTimeImmutable($data['time']),
        );
    }
}
