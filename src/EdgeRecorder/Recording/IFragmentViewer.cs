using EdgeRecorder.Mp4;

namespace EdgeRecorder.Recording;

/// <summary>Somebody who watches a stream live. Called on the session's thread under the stream's lock: takes its own reference or lets go, never waits.</summary>
internal interface IFragmentViewer
{
    void Offer(Fragment fragment);
}
