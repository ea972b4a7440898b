using EdgeRecorder.Recording;

namespace EdgeRecorder.Live;

/// <summary>Why a viewer's stream ended for good.</summary>
internal enum LiveEnd : byte { ChannelRemoved, Stopping }

/// <summary>One who watches a variant of a stream. Called under the stream's lock, on the thread that brings media: takes its own reference or lets go, never waits.</summary>
internal interface ILiveViewer
{
    void Add(LivePacket packet);

    void Changed(ChannelState state, string detail);

    void Ended(LiveEnd why);
}
