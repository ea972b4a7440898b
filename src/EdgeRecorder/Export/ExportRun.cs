using EdgeRecorder.Ledger;
using EdgeRecorder.Media;
using EdgeRecorder.Playback;
using EdgeRecorder.Recording;
using EdgeRecorder.Storage;

namespace EdgeRecorder.Export;

/// <summary>How an export ended.</summary>
internal sealed record ExportOutcome(ExportState State, string Error, IReadOnlyList<string> Warnings, IReadOnlyList<ExportFileRow> Files)
{
    public static ExportOutcome Ended(ExportState state, string error) => new(state, error, [], []);
}

/// <summary>What exports are made with.</summary>
internal sealed record ExportSurroundings(IRing Ring, IFootageSource Source, IRecorder Recorder, RecordingDesk Recordings, ChannelCatalog Catalog, ExportFolder Folder, ExportManifest Manifest,
    MediaWorkers Workers, ExportEncoders Encoders, TimeZoneInfo Zone, TimeProvider Time);

/// <summary>One export from its beginning to its end. Takes the fragments that are durable, so an export never holds what a power cut takes from the ring.</summary>
/// <param name="room">Makes room for so many bytes; false: there is none.</param>
internal sealed class ExportRun(ExportSurroundings box, ExportRow row, ExportWish wish, Func<long, bool> room, Action<double> progress)
{
    public const string NoSpace = "not enough space";

    /// <summary>How long what was filmed last is waited for: a fragment, the way to the disk, the slowest round.</summary>
    private const long SettleUs = 6_000_000;

    /// <summary>How far behind the asked instant the next picture may lie.</summary>
    private const long NextPictureUs = 10_000_000;

    private static readonly TimeSpan Look = TimeSpan.FromMilliseconds(500);

    private long NowUs => UtcTime.Us(box.Time.GetUtcNow());

    /// <summary>Out of what lies in the ring.</summary>
    public async Task<ExportOutcome> ArchiveAsync(CancellationToken stop)
    {
        var asked = wish.IsPicture ? row.FromUtcUs + NextPictureUs : row.ToUtcUs;
        var spans = box.Ring.Spans(row.Stream, row.FromUtcUs, asked);
        if (spans.Count == 0)
            return ExportOutcome.Ended(ExportState.Nothing, "no footage in this range");
        if (!room(wish.IsPicture ? 0 : Bytes(spans)))
            return ExportOutcome.Ended(ExportState.NoSpace, NoSpace);
        var from = Math.Max(row.FromUtcUs, spans[0].FromUtcUs);
        var to = wish.IsPicture ? from + 1_000_000 : Math.Min(row.ToUtcUs, spans.Max(span => span.ToUtcUs));
        box.Folder.Make(row.Id);
        if (!wish.IsCopy)
            return await WorkAsync(from, to, stop);
        using var copy = new PacketCopy(box.Ring, box.Folder, row, wish, from, to, isFilmed: true, progress);
        return Written(copy, () =>
        {
            copy.Take(to, stop);
            return End(copy);
        })!;
    }

    private async Task<ExportOutcome> WorkAsync(long fromUtcUs, long toUtcUs, CancellationToken stop)
    {
        var work = new WorkerExport(box, row, wish, progress);
        try
        {
            var outcome = await work.RunAsync(fromUtcUs, toUtcUs, stop);
            if (outcome.Files.Count > 0)
                Prove(outcome.Files, work.Sources);
            return outcome;
        }
        catch (IOException e)
        {
            return ExportOutcome.Ended(ExportFolder.IsFull(e) ? ExportState.NoSpace : ExportState.Failed, ExportFolder.IsFull(e) ? NoSpace : e.Message);
        }
    }

    /// <summary>What is filmed from now or a later instant on; the channel is recorded meanwhile.</summary>
    public async Task<ExportOutcome> LiveAsync(Action begun, CancellationToken stop)
    {
        using var timer = new PeriodicTimer(Look, box.Time);
        while (NowUs < row.FromUtcUs)
            await timer.WaitForNextTickAsync(stop);
        if (box.Catalog.Find(row.Stream.ChannelNumber) is not { } channel)
            return ExportOutcome.Ended(ExportState.Nothing, "the channel is gone");
        begun();
        var recording = box.Recordings.Start(new RecordingWish { Owner = row.Owner, Channels = [channel.Number], Stream = row.Stream.Stream, By = row.CreatedBy }, out _);
        try
        {
            box.Folder.Make(row.Id);
            using var copy = new PacketCopy(box.Ring, box.Folder, row, wish, row.FromUtcUs, row.ToUtcUs, isFilmed: false, _ => { });
            if (!wish.IsCopy)
                return await FilmThenWorkAsync(timer, stop);
            var connectBy = NowUs + wish.WaitMs * 1000L;
            while (copy.CursorUtcUs < row.ToUtcUs && NowUs < row.ToUtcUs + SettleUs)
            {
                if (copy.IsEmpty && NowUs >= connectBy && !IsConnected())
                    return ExportOutcome.Ended(ExportState.Nothing, $"no picture came within {wish.WaitMs} ms");
                if (!room(0))
                    return Written(copy, () => End(copy) with { State = ExportState.NoSpace, Error = NoSpace });
                if (Written(copy, () => { copy.Take(NowUs, stop); return null; }) is { } fault)
                    return fault;
                if (!wish.OpenEnd)
                    progress((double)(Math.Min(NowUs, row.ToUtcUs) - row.FromUtcUs) / Math.Max(1, row.ToUtcUs - row.FromUtcUs));
                await timer.WaitForNextTickAsync(stop);
            }
            return Written(copy, () => End(copy))!;
        }
        finally
        {
            box.Recordings.Stop(recording.Id);
        }
    }

    /// <summary>What a worker makes is made when all of it is filmed; a picture as soon as there is one.</summary>
    private async Task<ExportOutcome> FilmThenWorkAsync(PeriodicTimer timer, CancellationToken stop)
    {
        var connectBy = NowUs + wish.WaitMs * 1000L;
        while (wish.IsPicture ? box.Ring.Spans(row.Stream, row.FromUtcUs, long.MaxValue).Count == 0 : NowUs < row.ToUtcUs + SettleUs)
        {
            if (NowUs >= connectBy && (wish.IsPicture || !IsConnected() && box.Ring.Spans(row.Stream, row.FromUtcUs, row.ToUtcUs).Count == 0))
                return ExportOutcome.Ended(ExportState.Nothing, $"no picture came within {wish.WaitMs} ms");
            if (!wish.OpenEnd && !wish.IsPicture)
                progress(0.9 * (Math.Min(NowUs, row.ToUtcUs) - row.FromUtcUs) / Math.Max(1, row.ToUtcUs - row.FromUtcUs));
            await timer.WaitForNextTickAsync(stop);
        }
        return await ArchiveAsync(stop);
    }

    private void Prove(IReadOnlyList<ExportFileRow> files, SourceRecords sources)
        => box.Manifest.Write(row with { Files = files }, wish, box.Catalog.Find(row.Stream.ChannelNumber), sources.Spans, box.Time.GetUtcNow());

    private bool IsConnected() => box.Recorder.Status(row.Stream) is { State: ChannelState.Recording or ChannelState.Live, Fragments: > 0 };

    private ExportOutcome End(PacketCopy copy)
    {
        copy.Finish();
        if (copy.Files.Count == 0)
            return new ExportOutcome(ExportState.Nothing, "no footage in this range", [.. copy.Warnings], []);
        Prove(copy.Files, copy.Sources);
        return new ExportOutcome(ExportState.Done, "", [.. wish.Warnings, .. copy.Warnings], copy.Files);
    }

    /// <summary>What the disk refuses ends the export and nothing else.</summary>
    private static ExportOutcome Written(PacketCopy copy, Func<ExportOutcome?> work)
    {
        try
        {
            return work()!;
        }
        catch (IOException e)
        {
            return new ExportOutcome(ExportFolder.IsFull(e) ? ExportState.NoSpace : ExportState.Failed, ExportFolder.IsFull(e) ? NoSpace : e.Message, [.. copy.Warnings], copy.Files);
        }
    }

    /// <summary>Bytes of footage in the range, as if it were spread evenly.</summary>
    private long Bytes(IReadOnlyList<FootageSpan> spans)
    {
        var bytes = 0.0;
        foreach (var span in spans)
        {
            var inside = Math.Min(span.ToUtcUs, row.ToUtcUs) - Math.Max(span.FromUtcUs, row.FromUtcUs);
            bytes += (double)span.Bytes * inside / Math.Max(1, span.ToUtcUs - span.FromUtcUs);
        }
        return (long)bytes;
    }
}
