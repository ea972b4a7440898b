using System.Net;
using EdgeRecorder.Simulators.Terminal.Media;
using EdgeRecorder.Simulators.Terminal.Signalling;

namespace EdgeRecorder.Simulators.Terminal;

/// <summary>The streams of one terminal: opened and closed as the platform asks.</summary>
internal sealed class MediaDesk(Fleet fleet, VehicleTerminal terminal, IReadOnlyList<Channel> channels)
{
    private const int RememberedStreams = 256;

    private readonly List<MediaStream> _open = [];
    private readonly List<MediaStream> _all = [];
    private int _number;

    /// <summary>Those that are there and those that were.</summary>
    public IReadOnlyList<MediaStream> All => _all;

    public IReadOnlyList<Channel> Channels => channels;

    public bool Has(byte channel) => channels.Any(c => c.Number == channel);

    public void OpenLive(LiveRequest request)
    {
        var channel = channels.First(c => c.Number == request.Channel);
        var kind = request.Stream == 1 ? StreamKind.Sub : StreamKind.Main;
        var video = request.DataType is 0 or 1 ? kind == StreamKind.Sub ? channel.Sub ?? channel.Main : channel.Main : null;
        var audio = request.DataType is 0 or 2 or 3 ? channel.Audio : null;
        if (video is null && audio is null)
            return;
        CloseWhere(s => s.Channel == request.Channel && s.Kind == kind, "asked for again");
        Add(request.Channel, kind, video, audio, request.Address, request.TcpPort, request.UdpPort, terminal.Options.Stream);
    }

    public void OpenPlayback(PlaybackRequest request, List<FootageRun> runs)
    {
        var channel = channels.First(c => c.Number == request.Channel);
        CloseWhere(s => s.Channel == request.Channel && s.Kind == StreamKind.Playback, "asked for again");
        var stream = Add(
            request.Channel, StreamKind.Playback, request.Type == 1 ? null : channel.Main, request.Type == 2 ? null : channel.Audio,
            request.Address, request.TcpPort, request.UdpPort, terminal.Options.Stream with { Speed = terminal.Options.PlaybackSpeed, BatchSeconds = 0 }, runs);
        var (step, factor) = Mode(request.Mode switch { 1 => 3, 2 => 4, 3 or 4 => 6, _ => 0 }, request.Speed);
        stream?.SetMode(step, factor);
    }

    /// <summary>0x9102.</summary>
    public void Control(LiveControl control, double now)
    {
        foreach (var stream in _open.Where(s => s.Channel == control.Channel && s.Kind != StreamKind.Playback).ToList())
        {
            var isMeant = terminal.Options.CloseEndsChannel || stream.Kind == (control.Stream == 1 ? StreamKind.Sub : StreamKind.Main);
            switch (control.Command)
            {
                case 0 when !isMeant || fleet.Faults.Of(terminal.Sim, stream.Channel).KeepSending:
                    break;
                case 0 when control.CloseType == 1:
                    stream.Audio?.IsOn = false;
                    break;
                case 0 when control.CloseType == 2:
                    stream.Video?.IsOn = false;
                    break;
                case 0:
                    stream.Close("closed by 0x9102");
                    break;
                case 2:
                    stream.Pause(now);
                    break;
                case 3:
                    stream.Resume(now);
                    break;
            }
        }
    }

    /// <summary>0x9202.</summary>
    public void Control(PlaybackControl control, Func<DateTime?, List<FootageRun>> runsFrom, double now)
    {
        if (_open.Find(s => s.Channel == control.Channel && s.Kind == StreamKind.Playback) is not { } stream)
            return;
        var (step, factor) = Mode(control.Command, control.Speed);
        switch (control.Command)
        {
            case 1:
                stream.Pause(now);
                break;
            case 2:
                stream.Close("closed by 0x9202");
                break;
            case 5:
                stream.Restart(runsFrom(control.Seek), 0, 1, now);
                break;
            default:
                stream.Resume(now);
                stream.Restart(runsFrom(DateTimeOffset.FromUnixTimeMilliseconds(stream.PositionMs).UtcDateTime.AddHours(8)), step, factor, now);
                break;
        }
    }

    public void Advance(double now)
    {
        for (var i = _open.Count - 1; i >= 0; i--)
        {
            var stream = _open[i];
            stream.Advance(now, fleet.Started, fleet.Faults.Of(terminal.Sim, stream.Channel));
            if (stream.State != StreamState.Closed)
                continue;
            _open.RemoveAt(i);
            fleet.Links.Release(stream.Link);
        }
    }

    /// <param name="channel">Null = all.</param>
    public void ForEach(byte? channel, Action<MediaStream> action)
    {
        foreach (var stream in _open)
            if (channel is null || stream.Channel == channel)
                action(stream);
    }

    private void CloseWhere(Predicate<MediaStream> condition, string reason)
    {
        foreach (var stream in _open)
            if (condition(stream))
                stream.Close(reason);
    }

    private MediaStream? Add(
        byte channel, StreamKind kind, MediaTrack? video, MediaTrack? audio, string address, ushort tcpPort, ushort udpPort, StreamOptions options, List<FootageRun>? runs = null)
    {
        if (!IPAddress.TryParse(address, out var host))
            return null;
        // Asked for TCP alone, a terminal set to UDP sends datagrams to the number it was given.
        var udp = terminal.Options.Udp ? udpPort != 0 || tcpPort != 0 : tcpPort == 0;
        var remote = new IPEndPoint(host, udp && udpPort != 0 ? udpPort : tcpPort);
        object scope = terminal.Options.Scope switch
        {
            ConnectionScope.Fleet => fleet,
            ConnectionScope.Terminal => terminal,
            _ => new object(),
        };
        var link = fleet.Links.Acquire(scope, terminal.Address, remote, udp);
        var stream = new MediaStream(++_number, terminal.Sim, channel, kind, video, audio, link, options, runs);
        _open.Add(stream);
        _all.Add(stream);
        if (_all.Count > RememberedStreams)
            _all.RemoveAt(0);
        return stream;
    }

    /// <summary>Step between sync samples and times faster, by the commands of 0x9202 and their speed code: 1, 2, 4, 8, 16 times.</summary>
    private static (int SyncStep, double Factor) Mode(byte command, byte speed)
    {
        var factor = speed is >= 1 and <= 5 ? 1 << (speed - 1) : 1;
        return command switch
        {
            3 => (0, factor),
            4 => (-1, factor),
            6 => (1, 1),
            _ => (0, 1),
        };
    }
}
