<?php

// Made by generate.php of openapi.json. Don't change it here.

declare(strict_types=1);

namespace Yipii\Client\Model;

final class Asset
{
    public function __construct(
        public readonly \DateTimeImmutable $createdAt,
        /** Who drove at the newest position; null for nobody known. */
        public readonly ?int $driverId,
        /** Hours with the ignition on since the first position. */
        public readonly ?float $engineHours,
        /** Null for none. */
        public readonly ?string $group,
        public readonly int $id,
        public readonly string $name,
        /** Kilometres, as the tracker reports them; where it doesn't, the way since the first position. Null if nothing is known. */
        public readonly ?float $odometer,
        /** The newest position; null if it has never reported. */
        public readonly ?Position $position,
        /** Null for none. */
        public readonly ?string $registration,
        /** moving, in_traffic, slow_moving, idle, parked, garage, offline, disconnected or unavailable. */
        public readonly string $status,
        /** Identity of the tracker, such as its IMEI; unique in the account. Null for none. */
        public readonly ?string $tracker,
        public readonly string $type,
        public readonly \DateTimeImmutable $updatedAt,
        /** Null for none. */
        public readonly ?string $vin,
    ) {
    }

    /** @param array<string, mixed> $data as the server answers it */
    public static function from(array $data): self
    {
        return new self(
            createdAt: new \DateTimeImmutable($data['created_at']),
            driverId: $data['driver_id'],
            engineHours: $data['engine_hours'] === null ? null : (float) $data['engine_hours'],
            group: $data['group'],
            id: $data['id'],
            name: $data['name'],
            odometer: $data['odometer'] === null ? null : (float) $data['odometer'],
            position: $data['position'] === null ? null : Position::from($data['position']),
            registration: $data['registration'],
            status: $data['status'],
            tracker: $data['tracker'],
            type: $data['type'],
            updatedAt: new \DateTimeImmutable($data['updated_at']),
            vin: $data['vin'],
        );
    }
}
