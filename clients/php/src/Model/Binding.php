<?php

// Made by generate.php of openapi.json. Don't change it here.

declare(strict_types=1);

namespace Yipii\Client\Model;

final class Binding
{
    public function __construct(
        /** Since when the asset has it. For trackers that were there before this history was kept, when the asset was made. */
        public readonly \DateTimeImmutable $boundAt,
        /** The tracker's identity. */
        public readonly string $tracker,
        /** Until when; null for the one that it has now. */
        public readonly ?\DateTimeImmutable $unboundAt,
    ) {
    }

    /** @param array<string, mixed> $data as the server answers it */
    public static function from(array $data): self
    {
        return new self(
            boundAt: new \DateTimeImmutable($data['bound_at']),
            tracker: $data['tracker'],
            unboundAt: $data['unbound_at'] === null ? null : new \DateTimeImmutable($data['unbound_at']),
        );
    }
}
