using EdgeRecorder.Media;
using EdgeRecorder.Storage;

namespace EdgeRecorder.Recording;

/// <summary>Runs the channels: a capture for each stream somebody asked for. The protocols come from outside (<paramref name="connect"/>).</summary>
/// <param name="connect">Makes a session for a channel's stream: 0 main, 1 sub.</param>
internal sealed class Recorder(CaptureSurroundings box, Func<ChannelDefinition, byte, ISourceSession> connect) : IRecorder, IAsyncDisposable
{
    private const byte Main = 0, Sub = 1;

    private readonly Lock _changing = new();
    private readonly Dictionary<int, ChannelDefinition> _channels = [];
    private readonly Dictionary<StreamKey, Capture> _captures = [];
    private readonly Dictionary<StreamKey, string> _refusals = [];
    private readonly List<Task> _ending = [];

    public event Action<StreamKey>? Changed;

    public void Apply(ChannelDefinition channel, bool record, bool recordSub = false, bool preRoll = false)
    {
        lock (_changing)
        {
            var known = _channels.GetValueOrDefault(channel.Number);
            _channels[channel.Number] = channel;
            var ring = box.Ring.SizeBytes;
            box.Ring.SetQuota(channel.Number, new RingQuota(channel.Quota.MinSize?.On(ring), channel.Quota.MaxSize?.On(ring), channel.Quota.MinAge, channel.Quota.MaxAge));
            box.Ring.SetPreRoll(channel.Number, preRoll);
            if (known is not null)
                foreach (var (key, running) in _captures)
                    if (key.ChannelNumber == channel.Number && !SameSource(known, channel, key.Stream))
                        running.Reconnect(() => connect(channel, key.Stream));
            Record(channel, new(channel.Number, Main), record);
            Record(channel, new(channel.Number, Sub), recordSub);
        }
    }

    public void Remove(int number)
    {
        lock (_changing)
        {
            _channels.Remove(number);
            _ending.RemoveAll(task => task.IsCompletedSuccessfully);
            foreach (var key in _captures.Keys.Where(key => key.ChannelNumber == number).ToList())
                if (_captures.Remove(key, out var capture))
                    _ending.Add(capture.DisposeAsync().AsTask());
        }
    }

    public void Retry(int number)
    {
        lock (_changing)
            foreach (var (key, running) in _captures)
                if (key.ChannelNumber == number)
                    running.Retry();
    }

    public ChannelStatus? Status(StreamKey stream)
    {
        lock (_changing)
        {
            if (!_channels.ContainsKey(stream.ChannelNumber))
                return null;
            if (_refusals.TryGetValue(stream, out var refusal))
                return new ChannelStatus { State = ChannelState.Refused, Detail = refusal };
            return _captures.TryGetValue(stream, out var capture) ? capture.Status : new ChannelStatus { State = ChannelState.Idle };
        }
    }

    public IDisposable? Watch(StreamKey stream, IFragmentViewer viewer, bool lowLatency)
    {
        lock (_changing)
            return _channels.ContainsKey(stream.ChannelNumber) ? CaptureOf(stream).Watch(viewer, lowLatency) : null;
    }

    /// <summary>Ends all pulls; what was received is in the ring's hands when this returns.</summary>
    public async ValueTask DisposeAsync()
    {
        List<Task> ending;
        lock (_changing)
        {
            ending = [.. _ending, .. _captures.Values.Select(capture => capture.DisposeAsync().AsTask())];
            _captures.Clear();
            _channels.Clear();
        }
        await Task.WhenAll(ending);
    }

    private void Record(ChannelDefinition channel, StreamKey stream, bool on)
    {
        var wasRefused = _refusals.Remove(stream);
        if (!on && !_captures.ContainsKey(stream))
            return;                                         // nothing to run until somebody asks
        try
        {
            CaptureOf(stream).Record(on, channel.Identity, channel.Priority);
        }
        catch (IOException e)                               // the ring has no place for it; the state says so
        {
            _refusals[stream] = e.Message;
        }
        if (wasRefused || _refusals.ContainsKey(stream))
            Changed?.Invoke(stream);
    }

    private Capture CaptureOf(StreamKey stream)
    {
        if (!_captures.TryGetValue(stream, out var capture))
        {
            var channel = _channels[stream.ChannelNumber];
            _captures[stream] = capture = new Capture(stream, () => connect(channel, stream.Stream), box, () => Changed?.Invoke(stream));
        }
        return capture;
    }

    private static bool SameSource(ChannelDefinition one, ChannelDefinition other, byte stream)
        => (stream == Main ? one.Url == other.Url : (one.SubUrl ?? one.Url) == (other.SubUrl ?? other.Url)) && one.Transport == other.Transport && one.Audio == other.Audio;
}
