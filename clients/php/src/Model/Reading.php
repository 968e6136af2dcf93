<?php

// Made by generate.php of openapi.json. Don't change it here.

declare(strict_types=1);

namespace Yipii\Client\Model;

final class Reading
{
    public function __construct(
        /** When, UTC. */
        public readonly \DateTimeImmutable $at,
        /** The beacon's record; null for a sensor of the tracker's own, and for a beacon without a record. */
        public readonly ?int $beaconId,
        /** As positions carry it. */
        public readonly string $name,
        /** temperature, humidity, battery, signal, voltage, power_cut, identification or other; others may be added. */
        public readonly string $type,
        /** °C, %, dBm or V; null where there is none. */
        public readonly ?string $unit,
        public readonly float $value,
    ) {
    }

    /** @param array<string, mixed> $data as the server answers it */
    public static function from(array $data): self
    {
        return new self(
            at: new \DateTimeImmutable($data['at']),
            beaconId: $data['beacon_id'],
            name: $data['name'],
            type: $data['type'],
            unit: $data['unit'],
            value: (float) $data['value'],
        );
    }
}
