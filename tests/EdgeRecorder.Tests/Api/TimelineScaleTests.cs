using System.Diagnostics;
using System.Globalization;
using EdgeRecorder.Ledger;
using EdgeRecorder.Media;
using EdgeRecorder.Storage;
using EdgeRecorder.Storage.Format;
using Xunit.Abstractions;

namespace EdgeRecorder.Tests.Api;

/// <summary>
/// A box that has recorded 32 channels at 2 Mb/s for 30 days, as its catalog and its ledger would know it: 20 TB in segments of 256 MiB, twenty gaps a day and channel.
/// Timelines are asked for over HTTP. How long they take is for the benchmark (B5): with EDGE_RECORDER_BENCH=FILE the figures go there.
/// </summary>
public sealed class TimelineScaleTests(ITestOutputHelper output) : BoxTest(Names)
{
    private const int Channels = 32, Days = 30, GapsPerDay = 20, Requests = 400;
    private const long SegmentUs = 1_073_741_824, DayUs = 24L * 3600 * 1_000_000;
    private const long StartUs = 1_700_000_000_000_000;

    private static string Names => $"[{string.Join(',', Enumerable.Range(1, Channels).Select(i => $$"""{ "key": "c{{i}}", "url": "rtsp://127.0.0.1/{{i}}" }"""))}]";

    [Fact]
    public async Task A_day_out_of_a_month_of_32_channels_has_all_its_spans_and_gaps()
    {
        using var catalog = MakeCatalog();
        Box.Engine.Catalog = catalog;
        FillLedger(Box);
        var ids = (await Box.Admin.GetAsync("/api/v1/channels?limit=100").BodyAsync()).EnumerateArray().Select(c => c.GetProperty("id").GetString()).ToArray();
        Assert.Equal(Channels, ids.Length);

        var random = new Random(5);
        var times = new List<double>(Requests);
        for (var i = -Channels; i < Requests; i++)          // the first of each channel are not counted: the program is being compiled
        {
            var day = random.Next(Days - 1);
            var from = DateTimeOffset.UnixEpoch.AddTicks((StartUs + day * DayUs) * 10);
            var since = Stopwatch.GetTimestamp();
            var timeline = await Box.Admin.GetAsync(string.Create(CultureInfo.InvariantCulture, $"/api/v1/channels/{ids[(i + Channels) % Channels]}/timeline?from={from:O}&to={from.AddDays(1):O}").Replace("+00:00", "Z", StringComparison.Ordinal)).BodyAsync();
            if (i >= 0)
                times.Add(Stopwatch.GetElapsedTime(since).TotalMilliseconds);
            Assert.Equal(GapsPerDay, timeline.GetProperty("gaps").GetArrayLength());
            var spans = timeline.GetProperty("spans");
            Assert.Equal(GapsPerDay, spans.GetArrayLength());
        }
        times.Sort();
        var line = string.Create(CultureInfo.InvariantCulture, $"p50 {times[Requests / 2]:f2} p99 {times[Requests * 99 / 100]:f2}");
        output.WriteLine($"{line} ms");
        if (Environment.GetEnvironmentVariable("EDGE_RECORDER_BENCH") is { } file)
            await File.WriteAllTextAsync(file, line);
    }

    /// <summary>Footage of every day: twenty stretches with a gap of ten seconds in front, each broken into segments.</summary>
    private static RingCatalog MakeCatalog()
    {
        var clock = new ClockMap();
        clock.Learn(new BootAnchor(1, Guid.NewGuid(), 0, StartUs, ClockQuality.Ntp));
        var segments = new List<Segment>();
        for (var channel = 1; channel <= Channels; channel++)
            for (var stretch = 0L; stretch < Days * GapsPerDay; stretch++)
            {
                var (from, end) = (stretch * DayUs / GapsPerDay + 10_000_000, (stretch + 1) * DayUs / GapsPerDay);
                while (from < end)
                {
                    var to = Math.Min(end, from + SegmentUs);
                    var segment = new Segment(segments.Count + 1, "") { State = SegmentState.Sealed, Generation = segments.Count + 1, Stream = new StreamKey(channel, 0) };
                    segment.Spans.Add(new SpanRow(1, from, to, from * 9 / 100, to * 9 / 100, (to - from) / 4));
                    segments.Add(segment);
                    from = to;
                }
            }
        var catalog = new RingCatalog(segments, new Geometry(256L << 20), clock);
        catalog.Arrange();
        return catalog;
    }

    private static void FillLedger(TestBox box)
    {
        box.Get<LedgerDatabase>().Write(c =>
        {
            c.Run("INSERT INTO boots (boot_number, boot_id, offset_us, anchored_boottime_us, quality) VALUES (1, $id, $o, 0, 4)", ("$id", Guid.NewGuid().ToString()), ("$o", StartUs));
            for (var channel = 1; channel <= Channels; channel++)
                for (var gap = 0L; gap < Days * GapsPerDay; gap++)
                    c.Run("INSERT INTO gaps (channel_number, stream, reason, start_boot_number, start_boottime_us, end_boot_number, end_boottime_us) VALUES ($c, 0, 1, 1, $f, 1, $t)",
                        ("$c", channel), ("$f", gap * DayUs / GapsPerDay), ("$t", gap * DayUs / GapsPerDay + 10_000_000));
        });
    }
}
