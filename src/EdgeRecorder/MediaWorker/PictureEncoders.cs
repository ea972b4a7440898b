using EdgeRecorder.Platform.FFmpeg;

namespace EdgeRecorder.MediaWorker;

/// <summary>What makes H.264 of a job's pictures; no picture waits for a later one.</summary>
internal interface IPictureEncoder : IDisposable
{
    /// <summary>For the log: libx264, or the device.</summary>
    string Name { get; }

    /// <summary>Of the pictures' and of the packets' times.</summary>
    AVRational TimeBase { get; }

    /// <summary>Its stream can say that luma goes from 0 to 255; otherwise it is given 16 to 235.</summary>
    bool KeepsFullRange { get; }

    /// <summary>Hands over a picture, or null at the end. Take packets until there are none before the next one.</summary>
    void Send(Frame? picture);

    bool TryReceive(Packet packet);

    /// <summary>The stream in a new file; asked once the first packet is there.</summary>
    int AddTo(Muxer muxer);
}

/// <summary>x264, on the processor.</summary>
internal sealed class SoftwareEncoder(PictureEncoding wanted) : IPictureEncoder
{
    private readonly Encoder _encoder = Encoder.Open(wanted);

    public string Name => wanted.Name;
    public AVRational TimeBase => _encoder.TimeBase;
    public bool KeepsFullRange => true;
    public void Send(Frame? picture) => _encoder.Send(picture);
    public bool TryReceive(Packet packet) => _encoder.TryReceive(packet);
    public int AddTo(Muxer muxer) => muxer.AddStream(_encoder);
    public void Dispose() => _encoder.Dispose();
}
