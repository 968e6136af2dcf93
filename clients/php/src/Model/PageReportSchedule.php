<?php

// Made by generate.php of openapi.json. Don't change it here.

declare(strict_types=1);

namespace Yipii\Client\Model;

final class PageReportSchedule
{
    public function __construct(
        /** @var list<ReportSchedule> */
        public readonly array $data,
        public readonly Links $links,
        public readonly Meta $meta,
    ) {
    }

    /** @param array<string, mixed> $data as the server answers it */
    public static function from(array $data): self
    {
        return new self(
            data: array_map(fn ($one) => ReportSchedule::from($one), $data['data']),
            links: Links::from($data['links']),
            meta: Meta::from($data['meta']),
        );
    }
}
