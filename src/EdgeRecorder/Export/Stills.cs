using EdgeRecorder.MediaWorker;
using EdgeRecorder.Playback;
using EdgeRecorder.Storage;

namespace EdgeRecorder.Export;

/// <summary>A picture, or why there is none.</summary>
/// <param name="AtUtcUs">When it was filmed.</param>
internal sealed record Still(byte[] Jpeg, long AtUtcUs, MediaError? Error);

/// <summary>
/// Pictures out of the ring as JPEG: exactly the one that was shown at an instant. Decoded in worker processes, two at a time beside those of exports, so that
/// a wall of stills neither waits for an export nor is waited for. Who asks for what somebody else is waiting for, or got less than a second ago, shares it.
/// </summary>
internal sealed class Stills(IRing ring, IFootageSource source, KeptWorkers workers, TimeProvider time)
{
    /// <summary>The newest picture is looked for so far back; what is older is not "now".</summary>
    private const long NewestUs = 15_000_000;

    private static readonly TimeSpan Shared = TimeSpan.FromSeconds(1);

    private readonly Lock _gate = new();
    private readonly Dictionary<Wish, Making> _making = [];

    /// <param name="AtUtcUs">Null: the newest.</param>
    private readonly record struct Wish(StreamKey Stream, long? AtUtcUs, int Width);

    private readonly record struct Making(Task<Still?> Work, long Since);

    /// <summary>Null: nothing was recorded then.</summary>
    /// <param name="atUtcUs">Null: the newest.</param>
    /// <param name="width">Scaled down to it; 0 as it is.</param>
    public Task<Still?> TakeAsync(StreamKey stream, long? atUtcUs, long nowUtcUs, int width, CancellationToken stop)
    {
        var wish = new Wish(stream, atUtcUs, width);
        lock (_gate)
        {
            foreach (var (other, old) in _making)
                if (old.Work.IsCompleted && time.GetElapsedTime(old.Since) >= Shared)
                    _making.Remove(other);
            // One that is under way belongs to all who wait for it: it is made to its end, whoever of them leaves.
            if (!_making.TryGetValue(wish, out var making))
                _making[wish] = making = new Making(Task.Run(() => MakeAsync(wish, nowUtcUs), CancellationToken.None), time.GetTimestamp());
            return making.Work.WaitAsync(stop);
        }
    }

    private async Task<Still?> MakeAsync(Wish wish, long nowUtcUs)
    {
        var at = wish.AtUtcUs ?? ring.Spans(wish.Stream, nowUtcUs - NewestUs, nowUtcUs + NewestUs).Select(span => (long?)span.ToUtcUs - 1).Max();
        if (at is not { } instant || source.Open(wish.Stream, instant, instant + 1, verbatim: false) is not FootageAnswer.Found found)
            return null;
        using (found.Download)
        {
            var folder = Directory.CreateTempSubdirectory("edge-recorder-still-").FullName;
            try
            {
                var job = new MediaJob
                {
                    Id = "still", Format = MediaFormat.Jpg, Folder = folder, FootageBytes = found.Download.Length, FromMs = WorkerExport.MsOf(found.Download.Records, instant), Width = wish.Width,
                };
                var result = await workers.RunAsync(job, found.Download.CopyAsync, CancellationToken.None);
                return result.Error is { } error ? new Still([], instant, error)
                    : result.Parts is [var part] ? new Still(await File.ReadAllBytesAsync(Path.Combine(folder, part.Name)), WorkerExport.UtcUsOf(found.Download.Records, part.FromMs), null)
                    : new Still([], instant, new MediaError("internal", "the media worker made no picture"));
            }
            finally
            {
                Directory.Delete(folder, recursive: true);
            }
        }
    }
}
