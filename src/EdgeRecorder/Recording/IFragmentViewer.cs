using EdgeRecorder.Mp4;

namespace EdgeRecorder.Recording;

/// <summary>Somebody who watches a stream live. Called on the session's thread under the stream's lock: takes its own reference or lets go, never waits.</summary>
internal interface IFragmentViewer
{
    void Offer(Fragment fragment);

    /// <summary>The stream's state is this: called when watching begins, and whenever it changes.</summary>
    void Changed(ChannelState state, string detail);

    /// <summary>The channel is gone; nothing comes any more.</summary>
    void Ended();
}
