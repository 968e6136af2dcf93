<?php

// Made by generate.php of openapi.json. Don't change it here.

declare(strict_types=1);

namespace Yipii\Client\Model;

final class Alert
{
    public function __construct(
        public readonly ?\DateTimeImmutable $acknowledgedAt,
        /** The id of the user. */
        public readonly ?int $acknowledgedBy,
        public readonly int $assetId,
        /** @var array<string, mixed> What belongs to the type, such as speed and limit. */
        public readonly array $data,
        /** When it was over; null while it goes on, and for what is of a moment only (geofence, service_due). */
        public readonly ?\DateTimeImmutable $endedAt,
        public readonly int $id,
        /** Where the asset was when it was known. Degrees, WGS 84. */
        public readonly float $latitude,
        public readonly float $longitude,
        public readonly string $message,
        /** What who acknowledged it wrote. */
        public readonly ?string $note,
        /** The rule may be gone. */
        public readonly int $ruleId,
        public readonly string $ruleName,
        public readonly string $severity,
        /** The first that holds: withdrawn, acknowledged, ended, open. */
        public readonly string $state,
        /** When it happened, by the times of positions. */
        public readonly \DateTimeImmutable $triggeredAt,
        public readonly string $type,
        /** When a position that came late showed that it wasn't so; null if it holds. */
        public readonly ?\DateTimeImmutable $withdrawnAt,
    ) {
    }

    /** @param array<string, mixed> $data as the server answers it */
    public static function from(array $data): self
    {
        return new self(
            acknowledgedAt: $data['acknowledged_at'] === null ? null : new \DateTimeImmutable($data['acknowledged_at']),
            acknowledgedBy: $data['acknowledged_by'],
            assetId: $data['asset_id'],
            data: $data['data'],
            endedAt: $data['ended_at'] === null ? null : new \DateTimeImmutable($data['ended_at']),
            id: $data['id'],
            latitude: (float) $data['latitude'],
            longitude: (float) $data['longitude'],
            message: $data['message'],
            note: $data['note'],
            ruleId: $data['rule_id'],
            ruleName: $data['rule_name'],
            severity: $data['severity'],
            state: $data['state'],
            triggeredAt: new \DateTimeImmutable($data['triggered_at']),
            type: $data['type'],
            withdrawnAt: $data['withdrawn_at'] === null ? null : new \DateTimeImmutable($data['withdrawn_at']),
        );
    }
}
