<?php

// Made by generate.php of openapi.json. Don't change it here.

declare(strict_types=1);

namespace Yipii\Client\Model;

final class Trip
{
    public function __construct(
        public readonly int $assetId,
        /** Kilometres; 0 of a stop. */
        public readonly float $distance,
        /** Who drove when the trip began; null if nobody was known to, and of a stop. */
        public readonly ?int $driverId,
        /** Seconds. */
        public readonly float $duration,
        /** Null while it goes on. */
        public readonly ?TripPlace $end,
        /** Of a trip ignition_off, standing or gap; of a stop ignition_on, movement or gap. Null while it goes on. */
        public readonly ?string $endReason,
        /** Seconds: of a trip those in which the asset stood on the way, of a stop those in which the engine ran. */
        public readonly float $idleTime,
        public readonly string $kind,
        /** km/h: distance over duration, with the time in which the asset stood. 0 of a stop. */
        public readonly float $meanSpeed,
        public readonly TripPlace $start,
        /** Of a trip ignition_on, movement or after_gap; of a stop ignition_off, standing, gap or after_gap. Others may be added. */
        public readonly string $startReason,
        /** km/h, as reported; where no speed is reported, what was held for 40 seconds. 0 of a stop. */
        public readonly float $topSpeed,
    ) {
    }

    /** @param array<string, mixed> $data as the server answers it */
    public static function from(array $data): self
    {
        return new self(
            assetId: $data['asset_id'],
            distance: (float) $data['distance'],
            driverId: $data['driver_id'],
            duration: (float) $data['duration'],
            end: $data['end'] === null ? null : TripPlace::from($data['end']),
            endReason: $data['end_reason'],
            idleTime: (float) $data['idle_time'],
            kind: $data['kind'],
            meanSpeed: (float) $data['mean_speed'],
            start: TripPlace::from($data['start']),
            startReason: $data['start_reason'],
            topSpeed: (float) $data['top_speed'],
        );
    }
}
