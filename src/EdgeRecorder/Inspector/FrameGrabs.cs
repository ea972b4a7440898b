using EdgeRecorder.Export;
using EdgeRecorder.Files;
using EdgeRecorder.Media;
using EdgeRecorder.Recording;
using EdgeRecorder.Storage;

namespace EdgeRecorder.Inspector;

/// <summary>
/// Pictures of all live channels below the inspection directory: of each the next key frame, as JPEG, or as an MP4 of one picture where nothing decodes it. What is taken is what
/// arrives, so a channel that is only watched has pictures too, and none waits for the ring's disk.
/// </summary>
internal sealed partial class FrameGrabs(
    InspectorDesk desk, IRecorder recorder, IRing ring, FragmentPicture pictures, ExportAbility ability, FamilyFolder folder, InspectorSettingStore settings, TimeProvider time, ILogger<FrameGrabs> log)
{
    /// <summary>The next key frame is waited for so long; then the newest there was has to do.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(3);

    /// <summary>How many channels a picture was stored of.</summary>
    /// <exception cref="NoStorageException">The volume has a fault.</exception>
    public async Task<int> TakeAsync(CancellationToken stop)
    {
        desk.CheckStorage();
        var now = time.GetUtcNow();
        var stored = await Task.WhenAll(desk.Live.Select(channel => TakeAsync(channel, now, stop)));
        return stored.Count(static done => done);
    }

    private async Task<bool> TakeAsync(ChannelDefinition channel, DateTimeOffset now, CancellationToken stop)
    {
        using var viewer = new KeyFrameViewer(ring, UtcTime.Us(now));
        using var lease = recorder.Watch(new StreamKey(channel.Number, 0), viewer, lowLatency: false);
        if (lease is null)
            return false;
        using var waited = new CancellationTokenSource(Patience, time);
        await using var late = waited.Token.UnsafeRegister(static v => ((KeyFrameViewer)v!).Settle(), viewer);
        if (await viewer.Picture.WaitAsync(stop) is not { } fragment)
            return false;
        lease.Dispose();
        try
        {
            var jpeg = ability.HasWorker ? await pictures.JpegAsync(fragment, stop) : null;
            var place = Place(channel, now, jpeg is null ? ".mp4" : ".jpg");
            var temporary = FamilyFolder.TemporaryBeside(place);
            using (var file = folder.Create(temporary))
            {
                RandomAccess.Write(file.Handle, jpeg ?? FragmentPicture.Movie(fragment, channel.Name), 0);
                RandomAccess.FlushToDisk(file.Handle);
            }
            folder.Keep(temporary, place);
            return true;
        }
        catch (Exception e) when (e is IOException or Bytes.ProtocolException)      // of one channel; the others have theirs
        {
            LogLost(channel.Number, e.Message);
            return false;
        }
    }

    private FamilyPath Place(ChannelDefinition channel, DateTimeOffset now, string extension)
    {
        var (set, at) = (settings.Current, desk.Local(now));
        return desk.Place($"{set.InspectionDirectory}/{NameTags.Expand(set.DirectoryTemplate, at, channel.Name)}", NameTags.Expand(set.FramegrabTemplate, at, channel.Name) + extension);
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "inspector: no frame grab of channel {Channel}: {Why}")]
    private partial void LogLost(int channel, string why);

    /// <summary>Takes the first fragment that begins with a sync sample after an instant; until then it remembers the newest one before.</summary>
    private sealed class KeyFrameViewer(IRing ring, long afterUtcUs) : IFragmentViewer, IDisposable
    {
        private readonly Lock _gate = new();
        private readonly TaskCompletionSource<WatchedFragment?> _picture = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private Mp4.Fragment? _newest;

        public Task<WatchedFragment?> Picture => _picture.Task;

        public void Offer(Mp4.Fragment fragment)
        {
            if (!fragment.IsSync || fragment.VideoSamples == 0)
                return;
            lock (_gate)
            {
                if (_picture.Task.IsCompleted)
                    return;
                fragment.AddReference();
                _newest?.Release();
                _newest = fragment;
            }
            if (ring.ToUtcUs(fragment.BoottimeUs) >= afterUtcUs)
                Settle();
        }

        public void Changed(ChannelState state, string detail)
        {
        }

        public void Ended() => Settle();

        /// <summary>No more waiting: the newest one, if there is any.</summary>
        public void Settle()
        {
            lock (_gate)
            {
                _picture.TrySetResult(_newest is { } f ? new WatchedFragment(f.Init, f.ToArray(), f.MediaStart90k, f.Duration90k, ring.ToUtcUs(f.BoottimeUs)) : null);
                _newest?.Release();
                _newest = null;
            }
        }

        public void Dispose() => Settle();
    }
}
