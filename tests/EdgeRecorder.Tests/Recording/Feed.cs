using EdgeRecorder.Media;
using EdgeRecorder.Mp4;
using EdgeRecorder.Recording;
using EdgeRecorder.Tests.Media;

namespace EdgeRecorder.Tests.Recording;

/// <summary>Feeds clips into a fragmenter as a source session would, and keeps what comes out.</summary>
internal sealed class Feed : IDisposable
{
    public const int LargestBytes = 4 << 20;

    private readonly PayloadWriter _video = new(new ChunkPool(64 * 1024));
    private readonly PayloadWriter _audio = new(new ChunkPool(8 * 1024));

    public Fragmenter Fragmenter { get; set; }
    public List<Fragment> Fragments { get; } = [];

    public Feed(int largestBytes = LargestBytes, long mediaEnd90k = 0) => Fragmenter = new Fragmenter(largestBytes, mediaEnd90k);

    public void Announce(params IReadOnlyList<Track> tracks) => Keep(Fragmenter.Announce(tracks));

    public void Add(Clip.Unit unit, long? pts = null, long? arrivalUs = null, bool lossBefore = false, Track? track = null)
        => Keep(Fragmenter.Add(new AccessUnit
        {
            Track = track ?? unit.Track,
            Pts = pts ?? unit.Pts,
            IsSync = unit.IsSync,
            Payload = PayloadOf(unit),
            ArrivalUs = arrivalUs ?? unit.SendUs,
            LossBefore = lossBefore,
        }));

    public void Flush() => Keep(Fragmenter.Flush());

    public void Close() => Keep(Fragmenter.Close());

    /// <summary>A whole clip, announced and closed.</summary>
    public void Play(Clip clip)
    {
        Announce(clip.Tracks);
        foreach (var unit in clip.Units)
            Add(unit);
        Close();
    }

    /// <summary>What a segment would hold of it: init segment and fragments.</summary>
    public byte[] ToFile() => [.. Fragments[0].Init.Bytes, .. Fragments.SelectMany(fragment => fragment.ToArray())];

    /// <summary>Samples of a track in the order of the file.</summary>
    public List<(FragmentSample Sample, byte[] Bytes)> Samples(int trackId)
        => [.. Fragments.SelectMany(fragment =>
        {
            var bytes = fragment.ToArray();
            return MovieFragment.Parse(bytes).Tracks.Where(track => track.TrackId == trackId).SelectMany(track => track.Samples)
                .Select(sample => (sample, bytes.AsSpan((int)sample.Offset, (int)sample.Size).ToArray()));
        })];

    public Payload PayloadOf(Clip.Unit unit)
    {
        var writer = unit.Track.IsVideo ? _video : _audio;
        writer.Write(unit.Bytes);
        return writer.Take();
    }

    public void Dispose()
    {
        _video.Dispose();
        _audio.Dispose();
        foreach (var fragment in Fragments)
            fragment.Release();
    }

    private void Keep(Fragment? fragment)
    {
        if (fragment is not null)
            Fragments.Add(fragment);
    }
}
