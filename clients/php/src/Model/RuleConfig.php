<?php

// Made by generate.php of openapi.json. Don't change it here.

declare(strict_types=1);

namespace Yipii\Client\Model;

final class RuleConfig
{
    public function __construct(
        /** temperature: too warm above, -300 to 2000. */
        public readonly ?float $above,
        /** service_due: once, from so many engine hours on, 1 to 1000000. */
        public readonly ?float $atHours,
        /** service_due: once, from so many kilometres on, 1 to 10000000. */
        public readonly ?float $atKm,
        /** temperature: too cold below, -300 to 2000. */
        public readonly ?float $below,
        /** power_cut: the reading external_voltage below this counts as a cut too, 0 to 1000. */
        public readonly ?float $belowVolts,
        /** service_due: at each multiple of so many engine hours, 1 to 1000000. */
        public readonly ?float $everyHours,
        /** service_due: at each multiple of so many kilometres on the odometer, 1 to 10000000. */
        public readonly ?float $everyKm,
        /** @var list<int>|null geofence: which; any if left out. */
        public readonly ?array $geofenceIds,
        /** speed: km/h, 1 to 500. It is too fast above. */
        public readonly ?float $limit,
        /** idle: how long it must stand with the ignition on, 1 to 1440. offline: how long it must be silent, 1 to 43200. temperature: how long it must be out of bounds, 0 to 1440; 0 if left out. */
        public readonly ?int $minutes,
        /** @var list<string>|null geofence: what to look for; all three if left out. */
        public readonly ?array $on,
        /** speed: how long it must be too fast, 0 to 3600; 0 if left out. */
        public readonly ?int $seconds,
        /** temperature: the name of the reading; any whose name is temperature or ends in .temperature if left out. */
        public readonly ?string $sensor,
    ) {
    }

    /** @param array<string, mixed> $data as the server answers it */
    public static function from(array $data): self
    {
        return new self(
            above: isset($data['above']) ? (float) $data['above'] : null,
            atHours: isset($data['at_hours']) ? (float) $data['at_hours'] : null,
            atKm: isset($data['at_km']) ? (float) $data['at_km'] : null,
            below: isset($data['below']) ? (float) $data['below'] : null,
            belowVolts: isset($data['below_volts']) ? (float) $data['below_volts'] : null,
            everyHours: isset($data['every_hours']) ? (float) $data['every_hours'] : null,
            everyKm: isset($data['every_km']) ? (float) $data['every_km'] : null,
            geofenceIds: $data['geofence_ids'] ?? null,
            limit: isset($data['limit']) ? (float) $data['limit'] : null,
            minutes: $data['minutes'] ?? null,
            on: $data['on'] ?? null,
            seconds: $data['seconds'] ?? null,
            sensor: $data['sensor'] ?? null,
        );
    }
}
