using System.Buffers.Binary;
using EdgeRecorder.Media;

namespace EdgeRecorder.Tests.Rtsp;

/// <summary>One delivered unit, its bytes copied.</summary>
internal sealed record CollectedUnit(Track Track, long Pts, bool IsSync, bool LossBefore, long ArrivalUs, long SourceUtcUs, byte[] Bytes)
{
    public IEnumerable<byte[]> NalUnits
    {
        get
        {
            for (var at = 0; at < Bytes.Length;)
            {
                var length = BinaryPrimitives.ReadInt32BigEndian(Bytes.AsSpan(at));
                yield return Bytes.AsSpan(at + 4, length).ToArray();
                at += 4 + length;
            }
        }
    }
}

/// <summary>Keeps everything a session delivers and lets a test wait for it.</summary>
internal sealed class CollectingSink : ISourceSink
{
    private readonly Lock _gate = new();
    private readonly List<(Func<CollectingSink, bool> Condition, TaskCompletionSource Reached)> _waiting = [];

    public List<CollectedUnit> Units { get; } = [];
    public List<IReadOnlyList<Track>> Announcements { get; } = [];
    public int LostUnits { get; private set; }
    public List<string> LossReasons { get; } = [];

    public IReadOnlyList<CollectedUnit> Video => Of(isVideo: true);
    public IReadOnlyList<CollectedUnit> Audio => Of(isVideo: false);

    public void Announce(IReadOnlyList<Track> tracks) => Change(() => Announcements.Add(tracks));

    public void Add(in AccessUnit unit)
    {
        var collected = new CollectedUnit(unit.Track, unit.Pts, unit.IsSync, unit.LossBefore, unit.ArrivalUs, unit.SourceUtcUs, unit.Payload.ToArray());
        unit.Payload.Release();
        Change(() => Units.Add(collected));
    }

    public void Lost(int accessUnits, string why) => Change(() =>
    {
        LostUnits += accessUnits;
        LossReasons.Add(why);
    });

    public Task WaitAsync(Func<CollectingSink, bool> condition)
    {
        lock (_gate)
        {
            if (condition(this))
                return Task.CompletedTask;
            var reached = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            _waiting.Add((condition, reached));
            return reached.Task.WaitAsync(TimeSpan.FromSeconds(20));
        }
    }

    /// <summary>All video as one Annex B stream.</summary>
    public byte[] AnnexB() => [.. Video.SelectMany(unit => unit.NalUnits).SelectMany(nal => (byte[])[0, 0, 0, 1, .. nal])];

    /// <summary>Also while more comes.</summary>
    private List<CollectedUnit> Of(bool isVideo)
    {
        lock (_gate)
            return [.. Units.Where(unit => unit.Track.IsVideo == isVideo)];
    }

    private void Change(Action change)
    {
        lock (_gate)
        {
            change();
            foreach (var (condition, reached) in _waiting)
                if (condition(this))
                    reached.TrySetResult();
        }
    }
}
