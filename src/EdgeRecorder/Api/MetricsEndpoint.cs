using System.Globalization;
using System.Text;
using EdgeRecorder.Api.Security;
using EdgeRecorder.Devices;
using EdgeRecorder.Health;
using EdgeRecorder.Ledger;
using EdgeRecorder.Live;
using EdgeRecorder.Media;
using EdgeRecorder.Recording;
using EdgeRecorder.Storage;

namespace EdgeRecorder.Api;

/// <summary>/metrics in the Prometheus text format 0.0.4. Counters count since the daemon started.</summary>
internal static class MetricsEndpoint
{
    public static void MapMetrics(this IEndpointRouteBuilder routes)
        => routes.MapGet("/metrics", (ChannelCatalog catalog, IRecorder recorder, IStorageStatus storage, IGapLedger gaps, LiveFigures live, DeviceCatalog devices, IEnumerable<IDeviceFigures> figures, BoxHealth health)
            => TypedResults.Text(Write(catalog, recorder, storage, gaps, live, devices, figures, health), "text/plain; version=0.0.4"))
            .RequireAuthorization(Roles.Viewer).WithTags("system");

    private static string Write(ChannelCatalog catalog, IRecorder recorder, IStorageStatus storage, IGapLedger gaps, LiveFigures live, DeviceCatalog devices, IEnumerable<IDeviceFigures> figures, BoxHealth health)
    {
        var page = new MetricsPage();
        WriteChannels(page, [.. catalog.All.Select(c => (c, recorder.Status(new(c.Number, 0))))]);
        WriteStorage(page, storage.Figures());
        WriteHealth(page, health);
        WriteLive(page, live);
        WriteDevices(page, devices, figures);
        var counts = gaps.Counts();
        page.Family("edge_recorder_gaps_total", "counter", "Gaps in the ledger by reason.");
        foreach (var reason in Enum.GetValues<GapReason>())
            page.Sample("edge_recorder_gaps_total", counts.GetValueOrDefault(reason), ("reason", Words.Of(reason)));
        page.One("edge_recorder_media_memory_bytes", "gauge", "Pooled memory that carries media now.", ChunkPool.Video.InUseBytes + ChunkPool.Audio.InUseBytes);
        page.One("edge_recorder_media_pool_bytes", "gauge", "Pooled memory for media, in use or free.", ChunkPool.Video.AllocatedBytes + ChunkPool.Audio.AllocatedBytes);
        page.One("edge_recorder_dotnet_allocated_bytes_total", "counter", "Managed bytes ever allocated.", GC.GetTotalAllocatedBytes());
        page.One("edge_recorder_dotnet_heap_bytes", "gauge", "Managed heap.", GC.GetTotalMemory(forceFullCollection: false));
        page.Family("edge_recorder_dotnet_collections_total", "counter", "Garbage collections by generation.");
        for (var generation = 0; generation <= GC.MaxGeneration; generation++)
            page.Sample("edge_recorder_dotnet_collections_total", GC.CollectionCount(generation), ("generation", generation.ToString(CultureInfo.InvariantCulture)));
        page.One("edge_recorder_dotnet_pause_seconds_total", "counter", "Time all threads stood still for the collector.", GC.GetTotalPauseDuration().TotalSeconds);
        page.One("edge_recorder_resident_memory_bytes", "gauge", "Resident set of the process.", ProcessFigures.ResidentBytes());
        page.One("edge_recorder_cpu_seconds_total", "counter", "CPU time of the process.", Environment.CpuUsage.TotalTime.TotalSeconds);
        page.One("edge_recorder_uptime_seconds", "gauge", "Since the daemon started.", ProcessFigures.UptimeSeconds);
        return page.ToString();
    }

    private static void WriteChannels(MetricsPage page, (ChannelDefinition Channel, ChannelStatus? Status)[] channels)
    {
        page.Family("edge_recorder_channels", "gauge", "Channels by state of their main stream.");
        foreach (var state in Enum.GetValues<ChannelState>())
            page.Sample("edge_recorder_channels", channels.Count(c => (c.Status?.State ?? ChannelState.Idle) == state), ("state", Words.Of(state)));
        PerChannel("edge_recorder_channel_up", "gauge", "1 while the camera delivers.", s => s.State is ChannelState.Live or ChannelState.Recording ? 1 : 0);
        PerChannel("edge_recorder_channel_received_bytes_total", "counter", "Media received.", s => s.BytesReceived);
        PerChannel("edge_recorder_channel_fragments_total", "counter", "Fragments built.", s => s.Fragments);
        PerChannel("edge_recorder_channel_lost_units_total", "counter", "Access units lost on the way here.", s => s.LossCount);
        PerChannel("edge_recorder_channel_reconnects_total", "counter", "Connections after the first.", s => s.Reconnects);

        void PerChannel(string name, string type, string help, Func<ChannelStatus, double> value)
        {
            page.Family(name, type, help);
            foreach (var (channel, status) in channels)
                if (status is not null)
                    page.Sample(name, value(status), ("channel", channel.Key));
        }
    }

    private static void WriteDevices(MetricsPage page, DeviceCatalog devices, IEnumerable<IDeviceFigures> figures)
    {
        page.Family("edge_recorder_devices", "gauge", "Devices by what was decided about them.");
        foreach (var state in Enum.GetValues<Approval>())
            page.Sample("edge_recorder_devices", devices.All.Count(d => d.State == state), ("state", DeviceStore.Words.Of(state)));
        foreach (var family in figures.SelectMany(f => f.Read()).GroupBy(f => f.Name))
        {
            page.Family(family.Key, family.First().Type, family.First().Help);
            foreach (var figure in family)
                if (figure.Label.Length > 0)
                    page.Sample(figure.Name, figure.Value, (figure.Label, figure.LabelValue));
                else
                    page.Sample(figure.Name, figure.Value);
        }
    }

    private static void WriteLive(MetricsPage page, LiveFigures live)
    {
        page.Family("edge_recorder_viewers", "gauge", "Who watches live: open WebSockets, and HLS streams that are asked for.");
        page.Sample("edge_recorder_viewers", live.Sockets, ("kind", "websocket"));
        page.Sample("edge_recorder_viewers", live.Playlists, ("kind", "hls"));
        page.One("edge_recorder_viewer_sent_bytes_total", "counter", "Media sent to live viewers over WebSockets.", live.SentBytes);
        page.One("edge_recorder_viewer_skipped_fragments_total", "counter", "Fragments that slow viewers did not get.", live.Skipped);
        page.One("edge_recorder_viewers_stuck_total", "counter", "Viewers that were cut off because they read nothing.", live.Stuck);
        page.One("edge_recorder_viewers_refused_total", "counter", "WebSockets that were one too many.", live.Refused);
    }

    /// <summary>What a disk or a sensor does not say has no sample.</summary>
    private static void WriteHealth(MetricsPage page, BoxHealth health)
    {
        page.One("edge_recorder_fault", "gauge", "1 while volume or hardware have a fault.", health.Faults.Count > 0 ? 1 : 0);
        if (health.Reading is not { } reading)
            return;
        page.One("edge_recorder_volume_bytes", "gauge", "Size of the volume below the root.", reading.VolumeBytes);
        page.One("edge_recorder_volume_free_bytes", "gauge", "What is free of it; the ring has its place already.", reading.FreeBytes);
        PerDisk("edge_recorder_disk_life_used_ratio", "gauge", "Used up of the disk's life, by its own account; eMMC in steps of a tenth.", disk => disk.LifeUsedPercent / 100.0);
        PerDisk("edge_recorder_disk_pre_end_of_life", "gauge", "Blocks that replace worn ones: 1 normal, 2 most are used, 3 nearly all.", disk => (int?)disk.PreEndOfLife);
        PerDisk("edge_recorder_disk_io_errors_total", "counter", "Commands that failed since the driver found the disk.", disk => disk.IoErrors);
        PerDisk("edge_recorder_disk_written_bytes_total", "counter", "Bytes written to the disk since boot, by everybody.", disk => disk.WrittenBytes);
        PerDisk("edge_recorder_disk_temperature_celsius", "gauge", "The disk's own sensor.", disk => disk.TemperatureCelsius);
        PerDisk("edge_recorder_disk_smart_passed", "gauge", "1: the disk finds itself well (SMART).", disk => disk.Smart?.Passed switch { true => 1, false => 0, null => null });
        PerDisk("edge_recorder_disk_spare_ratio", "gauge", "Blocks left that replace worn ones (NVMe).", disk => disk.Smart?.SparePercent / 100.0);
        PerDisk("edge_recorder_disk_reallocated_sectors", "gauge", "Sectors that were replaced (ATA).", disk => disk.Smart?.ReallocatedSectors);
        PerDisk("edge_recorder_disk_pending_sectors", "gauge", "Sectors that could not be read and wait to be replaced (ATA).", disk => disk.Smart?.PendingSectors);
        PerDisk("edge_recorder_disk_uncorrectable_errors_total", "counter", "Reads that no correction helped, in the disk's life.", disk => disk.Smart?.UncorrectableErrors);
        PerDisk("edge_recorder_disk_power_on_seconds_total", "counter", "Time under power in the disk's life, in full hours.", disk => disk.Smart?.PowerOnHours * 3600.0);
        page.Family("edge_recorder_temperature_celsius", "gauge", "Sensors of the box.");
        foreach (var sensor in reading.Temperatures)
            page.Sample("edge_recorder_temperature_celsius", sensor.Celsius, ("sensor", sensor.Name));

        void PerDisk(string name, string type, string help, Func<DiskReading, double?> value)
        {
            page.Family(name, type, help);
            foreach (var disk in reading.Disks)
                if (value(disk) is { } figure)
                    page.Sample(name, figure, ("disk", disk.Name));
        }
    }

    private static void WriteStorage(MetricsPage page, StorageFigures f)
    {
        page.One("edge_recorder_fragments_total", "counter", "Fragments written to the ring.", f.FragmentsWritten);
        page.One("edge_recorder_fragments_dropped_total", "counter", "Fragments the queue had no room for.", f.FragmentsDropped);
        page.One("edge_recorder_written_bytes_total", "counter", "Bytes written to the ring.", f.BytesWritten);
        page.One("edge_recorder_ring_bytes", "gauge", "Size of the ring.", f.RingBytes);
        page.Family("edge_recorder_ring_segments", "gauge", "Segments of the ring.");
        page.Sample("edge_recorder_ring_segments", f.Segments - f.UnusedSegments, ("state", "used"));
        page.Sample("edge_recorder_ring_segments", f.UnusedSegments, ("state", "unused"));
        page.One("edge_recorder_ring_locked_bytes", "gauge", "Bytes that locks keep in the ring.", f.LockedBytes);
        page.One("edge_recorder_event_pool_bytes", "gauge", "Bytes of locked footage in the event pool.", f.EventPoolBytes);
        page.One("edge_recorder_segments_recycled_total", "counter", "Segments taken for new footage.", f.SegmentsRecycled);
        page.One("edge_recorder_queue_bytes", "gauge", "Media waiting to be written.", f.QueueBytes);
        page.One("edge_recorder_queue_limit_bytes", "gauge", "What may wait at most.", f.QueueLimitBytes);
        page.Family("edge_recorder_sync_seconds", "summary", "Duration of sync rounds.");
        page.Sample("edge_recorder_sync_seconds_sum", f.SyncTime.TotalSeconds);
        page.Sample("edge_recorder_sync_seconds_count", f.SyncRounds);
        page.One("edge_recorder_sync_longest_seconds", "gauge", "The slowest sync round.", f.LongestSync.TotalSeconds);
        page.One("edge_recorder_disk_faults_total", "counter", "Writes and syncs that the disk refused.", f.DiskFaults);
        page.One("edge_recorder_ring_quarantined_segments", "gauge", "Segments that are not written any more because of that.", f.QuarantinedSegments);
        page.One("edge_recorder_volume_fault", "gauge", "1 while the volume has a fault.", f.Fault.Length > 0 ? 1 : 0);
    }
}

/// <summary>Writes the text format: HELP and TYPE once per family, then its samples.</summary>
internal sealed class MetricsPage
{
    private readonly StringBuilder _text = new();

    public void Family(string name, string type, string help) => _text.Append($"# HELP {name} {help}\n# TYPE {name} {type}\n");

    public void One(string name, string type, string help, double value)
    {
        Family(name, type, help);
        Sample(name, value);
    }

    public void Sample(string name, double value, params ReadOnlySpan<(string Name, string Value)> labels)
    {
        _text.Append(name);
        for (var i = 0; i < labels.Length; i++)
            _text.Append(i == 0 ? '{' : ',').Append(labels[i].Name).Append("=\"")
                .Append(labels[i].Value.Replace("\\", "\\\\", StringComparison.Ordinal).Replace("\"", "\\\"", StringComparison.Ordinal).Replace("\n", "\\n", StringComparison.Ordinal)).Append('"');
        _text.Append(labels.Length > 0 ? "} " : " ").Append(value.ToString(CultureInfo.InvariantCulture)).Append('\n');
    }

    public override string ToString() => _text.ToString();
}
