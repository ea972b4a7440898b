using System.Globalization;
using EdgeRecorder.Files;
using EdgeRecorder.Ledger;
using EdgeRecorder.Recording;

namespace EdgeRecorder.Inspector;

/// <summary>
/// Gives the family's recordings their files: names by plan and settings, split times that a running file follows too, clips that begin in the past of the ring and end with their
/// channel; and the log beside a master recording, from its first channel to its last.
/// </summary>
internal sealed class InspectorFiles(
    InspectorDesk desk, InspectorSettingStore settings, InspectorLog log, NamedFiles files, RecordingDesk recordings, ChannelCatalog catalog, TimeProvider time) : IRecordingFollower, IDisposable
{
    /// <summary>A clip whose channel is gone for so long is over.</summary>
    private static readonly TimeSpan Lost = TimeSpan.FromSeconds(10), Look = TimeSpan.FromSeconds(1);

    private readonly Lock _gate = new();
    private readonly HashSet<string> _masters = [];

    /// <summary>Clips and since when their channel delivers nothing; null: it delivers.</summary>
    private readonly Dictionary<string, (int Channel, long? LostAt)> _clips = [];
    private ITimer? _timer;

    public bool Wants(RecordingRow recording) => recording.Owner == InspectorDesk.Family && recording.Channels.Count == 1;

    public void Began(RecordingRow recording)
    {
        var plan = InspectorPlan.Read(recording.Plan);
        var isClip = recording.Kind == InspectorDesk.Clip;
        files.Begin(new NamedFileWish
        {
            RecordingId = recording.Id,
            Stream = new(recording.Channels[0], recording.Stream),
            Container = NamedContainer.Mp4,
            Split = isClip ? SplitRule.Never : new SplitRule.Minutes(() => settings.Current.SplitTimeMinutes),
            Name = start => Name(recording, plan, start),
            Retries = () => settings.Current.RestartOnFailure,
            // Found after a restart it goes on from now: what it has is closed.
            From = isClip && recording.Path.Length == 0 ? plan.At : null,
        }, recording);
        if (recording.State == RecordingState.Stopping)
            return;                                         // only what it left open is closed
        lock (_gate)
            if (isClip)
            {
                _clips[recording.Id] = (recording.Channels[0], null);
                _timer ??= time.CreateTimer(_ => EndLost(), null, Look, Look);
            }
            else if (_masters.Add(recording.Id))
                log.Begin(plan);
    }

    public async Task EndedAsync(RecordingRow recording)
    {
        await files.EndAsync(recording.Id);
        lock (_gate)
        {
            if (_masters.Remove(recording.Id) && _masters.Count == 0)
                log.End();
            if (_clips.Remove(recording.Id) && _clips.Count == 0)
            {
                _timer?.Dispose();
                _timer = null;
            }
        }
    }

    public void Dispose()
    {
        lock (_gate)
            _timer?.Dispose();
    }

    /// <summary>The first file's name was made at the start; later ones count on from it, or are evaluated at their own beginning.</summary>
    private FamilyPath Name(RecordingRow recording, InspectorPlan plan, NamedFileStart start)
    {
        var set = settings.Current;
        var name = start.Sequence == 0 ? plan.Name
            : set.ReevaluateTags && recording.Kind == InspectorDesk.Record && catalog.Find(recording.Channels[0]) is { } channel ? NameTags.Expand(set.FilenameTemplate, desk.Local(start.Utc), channel.Name)
            : $"{plan.Name}_{start.Sequence.ToString("000", CultureInfo.InvariantCulture)}";
        return desk.Place(plan.Directory, name + ".mp4");
    }

    private void EndLost()
    {
        var live = desk.Live.Select(channel => channel.Number).ToHashSet();
        List<string> over = [];
        lock (_gate)
            foreach (var (id, (channel, lostAt)) in _clips.ToList())
                if (live.Contains(channel))
                    _clips[id] = (channel, null);
                else if (lostAt is not { } since)
                    _clips[id] = (channel, time.GetTimestamp());
                else if (time.GetElapsedTime(since) >= Lost)
                    over.Add(id);
        foreach (var id in over)
            recordings.Stop(id);
    }
}
