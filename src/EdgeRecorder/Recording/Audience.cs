using EdgeRecorder.Mp4;

namespace EdgeRecorder.Recording;

/// <summary>Those who watch a stream in fragments of one length, and the newest of these. Under the lock of its capture.</summary>
internal sealed class Audience
{
    private readonly LiveWindow _window = new();
    private readonly List<IFragmentViewer> _viewers = [];

    public bool IsEmpty => _viewers.Count == 0;

    /// <summary>Who joins first is given what the other audience knows.</summary>
    public void KnowsLike(Audience other) => _window.AddAll(other._window);

    public void Forget() => _window.Clear();

    public void Join(IFragmentViewer viewer)
    {
        _window.OfferTo(viewer);
        _viewers.Add(viewer);
    }

    /// <returns>False when it was not here.</returns>
    public bool Leave(IFragmentViewer viewer) => _viewers.Remove(viewer);

    public void Offer(Fragment fragment)
    {
        _window.Add(fragment);
        foreach (var viewer in _viewers)
            viewer.Offer(fragment);
    }

    public void Changed(ChannelState state, string detail)
    {
        foreach (var viewer in _viewers)
            viewer.Changed(state, detail);
    }

    public void End()
    {
        foreach (var viewer in _viewers)
            viewer.Ended();
        _viewers.Clear();
    }
}
