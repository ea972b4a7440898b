using EdgeRecorder.MediaWorker;
using EdgeRecorder.Playback;
using EdgeRecorder.Storage;

namespace EdgeRecorder.Export;

/// <summary>A picture, or why there is none.</summary>
/// <param name="AtUtcUs">When it was filmed.</param>
internal sealed record Still(byte[] Jpeg, long AtUtcUs, MediaError? Error);

/// <summary>
/// Pictures out of the ring as JPEG: exactly the one that was shown at an instant. Decoded in worker processes, two at a time beside those of exports, so that
/// a wall of stills neither waits for an export nor is waited for.
/// </summary>
internal sealed class Stills(IRing ring, IFootageSource source, MediaWorkers workers)
{
    /// <summary>The newest picture is looked for so far back; what is older is not "now".</summary>
    private const long NewestUs = 15_000_000;

    /// <summary>Null: nothing was recorded then.</summary>
    /// <param name="atUtcUs">Null: the newest.</param>
    /// <param name="width">Scaled down to it; 0 as it is.</param>
    public async Task<Still?> TakeAsync(StreamKey stream, long? atUtcUs, long nowUtcUs, int width, CancellationToken stop)
    {
        var at = atUtcUs ?? ring.Spans(stream, nowUtcUs - NewestUs, nowUtcUs + NewestUs).Select(span => (long?)span.ToUtcUs - 1).Max();
        if (at is not { } instant || source.Open(stream, instant, instant + 1, verbatim: false) is not FootageAnswer.Found found)
            return null;
        using (found.Download)
        {
            var folder = Directory.CreateTempSubdirectory("edge-recorder-still-").FullName;
            try
            {
                var job = new MediaJob
                {
                    Id = "still", Format = MediaFormat.Jpg, Folder = folder, FootageBytes = found.Download.Length, FromMs = WorkerExport.MsOf(found.Download.Records, instant), Width = width,
                };
                var result = await workers.RunAsync(job, found.Download.CopyAsync, static _ => { }, stop);
                return result.Error is { } error ? new Still([], instant, error)
                    : result.Parts is [var part] ? new Still(await File.ReadAllBytesAsync(Path.Combine(folder, part.Name), stop), WorkerExport.UtcUsOf(found.Download.Records, part.FromMs), null)
                    : new Still([], instant, new MediaError("internal", "the media worker made no picture"));
            }
            finally
            {
                Directory.Delete(folder, recursive: true);
            }
        }
    }
}
