<?php

// Made by generate.php of openapi.json. Don't change it here.

declare(strict_types=1);

namespace Yipii\Client\Model;

final class Position
{
    public function __construct(
        /** Metres. */
        public readonly ?float $accuracy,
        /** Metres. */
        public readonly ?float $altitude,
        public readonly int $assetId,
        /** Per cent. */
        public readonly ?float $battery,
        /** Degrees clockwise from north, 0 to 360. */
        public readonly ?float $heading,
        public readonly ?bool $ignition,
        /** Degrees, WGS 84. */
        public readonly float $latitude,
        /** Degrees, WGS 84. */
        public readonly float $longitude,
        /** Kilometres. */
        public readonly ?float $odometer,
        /** How many were in view. */
        public readonly ?int $satellites,
        /** @var array<string, float>|null Readings by name. */
        public readonly ?array $sensors,
        /** km/h. */
        public readonly ?float $speed,
        /** When, UTC. */
        public readonly \DateTimeImmutable $timestamp,
    ) {
    }

    /** @param array<string, mixed> $data as the server answers it */
    public static function from(array $data): self
    {
        return new self(
            accuracy: $data['accuracy'] === null ? null : (float) $data['accuracy'],
            altitude: $data['altitude'] === null ? null : (float) $data['altitude'],
            assetId: $data['asset_id'],
            battery: $data['battery'] === null ? null : (float) $data['battery'],
            heading: $data['heading'] === null ? null : (float) $data['heading'],
            ignition: $data['ignition'],
            latitude: (float) $data['latitude'],
            longitude: (float) $data['longitude'],
            odometer: $data['odometer'] === null ? null : (float) $data['odometer'],
            satellites: $data['satellites'],
            sensors: $data['sensors'] === null ? null : array_map(fn ($one) => (float) $one, $data['sensors']),
            speed: $data['speed'] === null ? null : (float) $data['speed'],
            timestamp: new \DateTimeImmutable($data['timestamp']),
        );
    }
}
