using EdgeRecorder.Simulators.Terminal.Media;
using EdgeRecorder.Simulators.Terminal.Signalling;

namespace EdgeRecorder.Simulators.Terminal;

/// <summary>Does what the platform asks, and answers.</summary>
internal sealed class CommandHandler(VehicleTerminal terminal, MediaDesk desk, Footage footage)
{
    private const byte Done = 0, Failed = 1, NotSupported = 3;
    private const double UploadSeconds = 0.2;

    /// <summary>The runs of the playback that each channel was asked for, for seeking.</summary>
    private readonly Dictionary<byte, PlaybackRequest> _playbacks = [];

    public void Handle(in SignalHeader header, object message, double now)
    {
        var serial = header.Serial;
        switch (message)
        {
            case EmptyQuery when header.Id == 0x9003:
                terminal.Send(TerminalMessages.AttributesId, TerminalMessages.Attributes(Attributes()));
                break;
            case EmptyQuery:
                terminal.Send(TerminalMessages.ParametersId, TerminalMessages.Parameters(serial, Parameters()));
                break;
            case LiveRequest live:
                OpenLive(header, live);
                break;
            case LiveControl control:
                desk.Control(control, now);
                terminal.Acknowledge(header, Done);
                break;
            case FootageQuery query:
                terminal.Send(TerminalMessages.FootageListId, TerminalMessages.FootageList(
                    serial, footage.Find(query.Channel, query.Start, query.End, query.Alarm, query.Stream, query.Storage)));
                break;
            case PlaybackRequest playback:
                OpenPlayback(header, playback);
                break;
            case PlaybackControl control:
                desk.Control(control, seek => RunsFrom(control.Channel, seek), now);
                terminal.Acknowledge(header, Done);
                break;
            case UploadRequest:
                terminal.Acknowledge(header, Done);
                terminal.After(UploadSeconds, () => terminal.Send(TerminalMessages.UploadDoneId, TerminalMessages.UploadDone(serial, terminal.Faults.UploadResult)));
                break;
            case StatusNotice:
                break;                                         // no answer is defined
            case SetParameters or UploadControl or PtzCommand:
                terminal.Acknowledge(header, Done);
                break;
            default:
                terminal.Acknowledge(header, NotSupported);
                break;
        }
    }

    private void OpenLive(in SignalHeader header, LiveRequest live)
    {
        var faults = terminal.FaultsOf(live.Channel);
        var result = faults.Result != 0 ? faults.Result : desk.Has(live.Channel) ? Done : Failed;
        terminal.Acknowledge(header, result);
        if (result == Done && !faults.NoMedia)
            terminal.After(faults.MediaDelay, () => desk.OpenLive(live));
    }

    private void OpenPlayback(in SignalHeader header, PlaybackRequest playback)
    {
        var faults = terminal.FaultsOf(playback.Channel);
        var items = Items(playback);
        if (faults.Result != 0 || items.Count == 0 || !desk.Has(playback.Channel))
        {
            terminal.Acknowledge(header, faults.Result != 0 ? faults.Result : Failed);
            return;
        }
        if (terminal.Options.PlaybackAnswersList)
            terminal.Send(TerminalMessages.FootageListId, TerminalMessages.FootageList(header.Serial, items));
        else
            terminal.Acknowledge(header, Done);
        _playbacks[playback.Channel] = playback;
        if (faults.NoMedia)
            return;
        var runs = Footage.Runs(items, playback.Start, playback.End);
        if (playback.Mode == 4)
            runs = [runs[0] with { To = runs[0].From + 0.001 }];   // one frame
        terminal.After(faults.MediaDelay, () => desk.OpenPlayback(playback, runs));
    }

    private List<StoredItem> Items(PlaybackRequest playback, DateTime? start = null)
        => footage.Find(playback.Channel, start ?? playback.Start, playback.End, 0, playback.Stream, playback.Storage);

    private List<FootageRun> RunsFrom(byte channel, DateTime? start)
        => _playbacks.TryGetValue(channel, out var playback) ? Footage.Runs(Items(playback, start), start ?? playback.Start, playback.End) : [];

    private AvAttributes Attributes()
    {
        var audio = desk.Channels[0].Audio?.Format;
        var video = desk.Channels[0].Main?.Format;
        return new AvAttributes(
            audio?.PayloadType ?? 0, (byte)(audio?.Channels ?? 0), audio?.SampleRate switch { 22050 => 1, 44100 => 2, 48000 => 3, _ => 0 }, 1,
            (ushort)(audio?.FrameLength ?? 0), HasAudioOutput: false, video?.PayloadType ?? 0,
            (byte)(audio is null ? 0 : desk.Channels.Count), (byte)(video is null ? 0 : desk.Channels.Count));
    }

    private List<(uint, byte[])> Parameters()
    {
        var heartbeat = new BodyWriter();
        heartbeat.U32((uint)terminal.Options.Heartbeat);
        var server = new BodyWriter();
        server.Text(terminal.Options.Server.Address.ToString());
        return [(0x0001, heartbeat.ToArray()), (0x0013, server.ToArray()), (0x0075, VideoParameters()), (0x0076, ChannelTable())];
    }

    /// <summary>0x0075: how the live and the stored stream are encoded (JT/T 1078-2016, table 2).</summary>
    private byte[] VideoParameters()
    {
        const int constantBitRate = 0, size720p = 5, keyFramePictures = 25;
        var main = desk.Channels[0].Main;
        var pictures = (int)(terminal.Options.FpsNumerator / terminal.Options.FpsDenominator);
        var kilobits = main is null ? 0 : (uint)(main.Elementary.Length * 8 / main.SecondsOf(main.Units.Length) / 1000);
        var body = new BodyWriter();
        for (var stream = 0; stream < 2; stream++)
        {
            body.U8(constantBitRate);
            body.U8(size720p);
            body.U16(keyFramePictures);
            body.U8(pictures);
            body.U32(kilobits);
        }
        body.U16(1);                                           // date and time are in the picture
        body.U8(0);                                            // no audio output
        return body.ToArray();
    }

    /// <summary>0x0076: counts of channels with both, with audio alone and with video alone, then physical, logical, type and PTZ of each.</summary>
    private byte[] ChannelTable()
    {
        var body = new BodyWriter();
        static int Type(Channel c) => c.Main is null ? 1 : c.Audio is null ? 2 : 0;
        for (var type = 0; type < 3; type++)
            body.U8(desk.Channels.Count(c => Type(c) == type));
        for (var i = 0; i < desk.Channels.Count; i++)
        {
            body.U8(i + 1);
            body.U8(desk.Channels[i].Number);
            body.U8(Type(desk.Channels[i]));
            body.U8(0);
        }
        return body.ToArray();
    }
}
