<?php

// Made by generate.php of openapi.json. Don't change it here.

declare(strict_types=1);

namespace Yipii\Client\Model;

final class LastRecord
{
    public function __construct(
        public readonly int $assetId,
        /** Who drove; null for nobody known. */
        public readonly ?int $driverId,
        /** Hours with the ignition on since the first position. */
        public readonly ?float $engineHours,
        /** Kilometres; null if nothing is known. */
        public readonly ?float $odometer,
        public readonly Position $position,
        /** As it is now: moving, in_traffic, slow_moving, idle, parked, garage, offline or disconnected. */
        public readonly string $status,
    ) {
    }

    /** @param array<string, mixed> $data as the server answers it */
    public static function from(array $data): self
    {
        return new self(
            assetId: $data['asset_id'],
            driverId: $data['driver_id'],
            engineHours: $data['engine_hours'] === null ? null : (float) $data['engine_hours'],
            odometer: $data['odometer'] === null ? null : (float) $data['odometer'],
            position: Position::from($data['position']),
            status: $data['status'],
        );
    }
}
