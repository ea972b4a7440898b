using EdgeRecorder.MediaWorker;
using EdgeRecorder.Mp4;
using EdgeRecorder.Storage;

namespace EdgeRecorder.Export;

/// <summary>A fragment that was watched live and begins with a sync sample.</summary>
/// <param name="Init">ftyp + moov of its tracks.</param>
/// <param name="Bytes">moof + mdat.</param>
internal sealed record WatchedFragment(InitSegment Init, byte[] Bytes, long MediaStart90k, uint Duration90k, long FromUtcUs);

/// <summary>The first picture of a fragment that was watched live and need not have been recorded: as JPEG, or as it is.</summary>
internal sealed class FragmentPicture(KeptWorkers workers)
{
    /// <summary>Decoded in a worker; null where that cannot decode it.</summary>
    public async Task<byte[]?> JpegAsync(WatchedFragment fragment, CancellationToken stop)
    {
        var folder = Directory.CreateTempSubdirectory("edge-recorder-picture-").FullName;
        try
        {
            var init = fragment.Init.Bytes;
            byte[] footage = [.. init, .. fragment.Bytes];
            var job = new MediaJob { Id = "picture", Format = MediaFormat.Jpg, Folder = folder, FootageBytes = footage.Length };
            var result = await workers.RunAsync(job, async (pipe, from, count, ended) => await pipe.WriteAsync(footage.AsMemory((int)from, (int)count), ended), stop);
            return result is { Error: null, Parts: [var part] } ? await File.ReadAllBytesAsync(Path.Combine(folder, part.Name), stop) : null;
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    /// <summary>An MP4 of one picture, for boxes that cannot decode.</summary>
    /// <exception cref="Bytes.ProtocolException">The fragment is damaged.</exception>
    public static byte[] Movie(WatchedFragment fragment, string title)
    {
        var folder = Directory.CreateTempSubdirectory("edge-recorder-picture-").FullName;
        try
        {
            var path = Path.Combine(folder, "picture.mp4");
            using (var file = new MovieFile(path, fragment.Init, fragment.FromUtcUs, TimeSpan.Zero))
            {
                var length = FragmentRef.RecordHeaderLength + fragment.Bytes.Length;
                file.Add(new FragmentRef(0, 0, 0, length, fragment.MediaStart90k, fragment.Duration90k, true, true, fragment.FromUtcUs, fragment.FromUtcUs + MediaTime.ToUs(fragment.Duration90k)), fragment.Bytes,
                    fragment.FromUtcUs + 1);
                file.Finish(new MovieTags(title, ""));
            }
            return File.ReadAllBytes(path);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }
}
