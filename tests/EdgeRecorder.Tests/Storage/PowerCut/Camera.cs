using EdgeRecorder.Mp4;
using EdgeRecorder.Tests.Media;
using EdgeRecorder.Tests.Recording;

namespace EdgeRecorder.Tests.Storage.PowerCut;

/// <summary>A stream of real fragments without end: a clip over and over, its media time running on.</summary>
internal sealed class Camera : IDisposable
{
    private readonly Clip _clip;
    private readonly Feed _feed;
    private readonly long _lengthUs, _boottimeUs;
    private int _unit, _round;

    public Camera(Clip clip, long boottimeUs, long mediaEnd90k = 0, int largestBytes = Feed.LargestBytes)
    {
        (_clip, _boottimeUs) = (clip, boottimeUs);
        _feed = new Feed(largestBytes, mediaEnd90k);
        _lengthUs = (clip.Pictures.Count() * 40_000L);
        _feed.Announce(clip.Tracks);
    }

    /// <summary>The next fragment; it stays the camera's.</summary>
    public Fragment Next()
    {
        foreach (var old in _feed.Fragments)
            old.Release();
        _feed.Fragments.Clear();
        while (_feed.Fragments.Count == 0)
        {
            var unit = _clip.Units[_unit];
            var shiftUs = _round * _lengthUs;
            _feed.Add(unit, unit.Pts + shiftUs * unit.Track.TimeScale / 1_000_000, _boottimeUs + unit.SendUs + shiftUs);
            if (++_unit == _clip.Units.Count)
                (_unit, _round) = (0, _round + 1);
        }
        return Assert.Single(_feed.Fragments);
    }

    public void Dispose() => _feed.Dispose();
}
