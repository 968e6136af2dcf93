<?php

// Made by generate.php of openapi.json. Don't change it here.

declare(strict_types=1);

namespace Yipii\Client\Model;

final class ReportSetting
{
    public function __construct(
        /** IANA name; UTC if left out. */
        public readonly ?string $timeZone,
        /** km or mi; km if left out. */
        public readonly ?string $units,
    ) {
    }

    /** @param array<string, mixed> $data as the server answers it */
    public static function from(array $data): self
    {
        return new self(
            timeZone: $data['time_zone'] ?? null,
            units: $data['units'] ?? null,
        );
    }
}
