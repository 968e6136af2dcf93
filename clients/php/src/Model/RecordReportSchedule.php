<?php

// Made by generate.php of openapi.json. Don't change it here.

declare(strict_types=1);

namespace Yipii\Client\Model;

final class RecordReportSchedule
{
    public function __construct(
        public readonly ReportSchedule $data,
    ) {
    }

    /** @param array<string, mixed> $data as the server answers it */
    public static function from(array $data): self
    {
        return new self(
            data: ReportSchedule::from($data['data']),
        );
    }
}
